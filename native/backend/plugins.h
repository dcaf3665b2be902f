// Plugin libraries: code, loaded into the registry that all builders and runtimes of the process share.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "maskforge/backend.h"
#include "trt.h"

namespace maskforge {

class Plugins {
 public:
  /// Registers the creators of a library; safe twice.
  /// @throws Error PLUGIN_MISSING, PLUGIN_BROKEN, PLUGIN_FOREIGN (built for another family)
  void load(const TrtApi& api, const std::string& path);
  std::vector<PluginCreator> creators(const TrtApi& api);
  /// What every build has to be warned of: libraries that do not say for which family they were built.
  std::vector<LogLine> warnings();

 private:
  std::mutex mutex_;
  std::set<std::string> loaded_;
  std::vector<LogLine> warnings_;
};

}  // namespace maskforge
