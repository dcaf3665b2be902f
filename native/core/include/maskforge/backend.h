// What a backend library (one for each API family of TensorRT) offers. It is opened at run time, and only where the
// family's own libraries were found; it links to none of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "maskforge/build.h"
#include "maskforge/error.h"
#include "maskforge/session.h"
#include "maskforge/types.h"

namespace maskforge {

struct EngineInfo {
  std::vector<TensorInfo> tensors;
  std::vector<Profile> profiles;
  std::uint64_t deviceBytes = 0;
  std::uint64_t weightBytes = 0;
  int layers = 0;
  std::string name;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const EngineInfo& info() const = 0;
  /// The inspector's JSON, TensorRT's own form.
  virtual std::string layerInformation() = 0;
  virtual std::unique_ptr<Session> createSession(const SessionOptions& options) = 0;
};

struct PluginCreator {
  std::string name, version, nameSpace;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Family family() const = 0;
  /// As the library reports it, such as 10.6.0.
  virtual std::string version() const = 0;
  /// True where a build needs no device (TensorRT for RTX).
  virtual bool buildsWithoutDevice() const = 0;
  /// For a library that was opened without a parser. Throws Error.
  virtual void openParser(const std::string& path) = 0;
  virtual void loadPlugins(const std::string& path) = 0;
  virtual std::vector<PluginCreator> pluginCreators() = 0;
  virtual BuildResult build(const BuildRequest& request, const BuildObserver& observer) = 0;
  virtual std::unique_ptr<Engine> openEngine(const std::string& path, int device,
                                             const std::function<void(const LogLine&)>& log) = 0;
};

/// Exported by each backend library under the name `maskforge_open_backend`. Throws Error.
using OpenBackend = Backend* (*)(const LibraryPaths& paths);

}  // namespace maskforge
