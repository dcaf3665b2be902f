// The backend's entry points.
#include "maskforge/backend.h"

#include <memory>
#include <utility>

#include "builder.h"
#include "engine.h"
#include "plugins.h"
#include "trt_api.h"

namespace maskforge {
namespace {

class TrtBackend final : public Backend {
 public:
  explicit TrtBackend(const LibraryPaths& paths) : api_(openTrt(paths)) {}

  Family family() const override { return kFAMILY; }
  std::string version() const override { return api_.version(); }
  bool buildsWithoutDevice() const override { return kFAMILY == Family::tensorrtRtx; }
  void openParser(const std::string& path) override { openTrtParser(api_, path); }
  void loadPlugins(const std::string& path) override { plugins_.load(api_, path); }
  std::vector<PluginCreator> pluginCreators() override { return plugins_.creators(api_); }

  BuildResult build(const BuildRequest& request, const BuildObserver& observer) override {
    const std::vector<LogLine> known = plugins_.warnings();
    if (observer.log) {
      for (const LogLine& line : known) observer.log(line);
    }
    BuildResult result = buildEngine(api_, request, observer);
    result.warnings.insert(result.warnings.begin(), known.begin(), known.end());
    return result;
  }

  std::unique_ptr<Engine> openEngine(const std::string& path, int device,
                                     const std::function<void(const LogLine&)>& log) override {
    return openTrtEngine(api_, path, device, log);
  }

 private:
  TrtApi api_;
  Plugins plugins_;
};

}  // namespace
}  // namespace maskforge

extern "C" __attribute__((visibility("default"))) int maskforge_backend_family() {
  return static_cast<int>(maskforge::kFAMILY);
}

/// @throws maskforge::Error
extern "C" __attribute__((visibility("default"))) maskforge::Backend* maskforge_open_backend(
    const maskforge::LibraryPaths& paths) {
  return new maskforge::TrtBackend(paths);
}
