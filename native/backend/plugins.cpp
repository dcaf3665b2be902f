#include "plugins.h"

#include <cstring>

#include "maskforge/dynamic_library.h"
#include "maskforge/files.h"
#include "maskforge/library.h"

namespace maskforge {
namespace {

/// TensorRT for RTX declares its interfaces as TensorRT 11 does.
constexpr const char* kPLUGIN_FAMILY = kFAMILY == Family::tensorrt10 ? "10" : "11";

/// A plugin of the other family has other virtual functions, and the first log line would crash. Ours say what they
/// are; of others nobody knows, and they were trusted by whoever named them.
/// @return a warning, or nothing
std::string requireFamily(const std::string& path) {
  DynamicLibrary library;
  std::string reason;
  if (!isRegularFile(path)) throw Error("PLUGIN_MISSING", path + " does not exist.");
  if (!DynamicLibrary::tryOpen(path, library, reason)) {
    throw Error("PLUGIN_BROKEN", path + " cannot be opened: " + reason);
  }
  const auto family = library.find<const char* (*)()>("maskforge_plugin_family");
  if (family == nullptr) {
    return path + " does not say which TensorRT it was built for; if it is not " + familyName(kFAMILY) +
           ", the process will end when it is used.";
  }
  if (std::strcmp(family(), kPLUGIN_FAMILY) != 0) {
    throw Error("PLUGIN_FOREIGN", path + " was built for TensorRT " + family() + ", not for " + familyName(kFAMILY) +
                                      ".");
  }
  return "";
}

std::string orEmpty(const char* text) { return text == nullptr ? "" : text; }

bool isInterface(const nvinfer1::IPluginCreatorInterface& creator, const char* kind) {
  return std::strcmp(creator.getInterfaceInfo().kind, kind) == 0;
}

}  // namespace

void Plugins::load(const TrtApi& api, const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (loaded_.count(path) != 0) return;
  LogSink log({}, false);
  const LogScope scope(log);
  const std::string warning = requireFamily(path);
  nvinfer1::IPluginRegistry* registry = api.pluginRegistry();
  if (registry == nullptr) throw Error("LIBRARY_BROKEN", api.runtimePath + " has no plugin registry.");
  if (registry->loadLibrary(path.c_str()) == nullptr) {
    throw Error("PLUGIN_BROKEN", path + " was refused by TensorRT's plugin registry. " + log.errors());
  }
  loaded_.insert(path);
  if (!warning.empty()) warnings_.push_back({Severity::warning, warning});
}

std::vector<LogLine> Plugins::warnings() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return warnings_;
}

std::vector<PluginCreator> Plugins::creators(const TrtApi& api) {
  const std::lock_guard<std::mutex> lock(mutex_);
  nvinfer1::IPluginRegistry* registry = api.pluginRegistry();
  if (registry == nullptr) return {};
  int32_t count = 0;
  nvinfer1::IPluginCreatorInterface* const* all = registry->getAllCreators(&count);
  std::vector<PluginCreator> creators;
  for (int32_t i = 0; i < count; ++i) {
    // Creators of the oldest kind are left out: TensorRT 11 has no such class any more.
    if (!isInterface(*all[i], "PLUGIN CREATOR_V3ONE")) continue;
    auto* creator = static_cast<nvinfer1::IPluginCreatorV3One*>(all[i]);
    creators.push_back({orEmpty(creator->getPluginName()), orEmpty(creator->getPluginVersion()),
                        orEmpty(creator->getPluginNamespace())});
  }
  return creators;
}

}  // namespace maskforge
