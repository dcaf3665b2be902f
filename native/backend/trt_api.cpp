#include "trt_api.h"

#include <dirent.h>

#include "maskforge/dynamic_library.h"
#include "maskforge/library.h"

namespace maskforge {
namespace {

#if defined(MASKFORGE_FAMILY_10)
constexpr int kMAJOR = 10, kOLDEST_MINOR = 6;
constexpr const char* kPARSER = "libnvonnxparser.so.10";
#elif defined(MASKFORGE_FAMILY_11)
constexpr int kMAJOR = 11, kOLDEST_MINOR = 0;
constexpr const char* kPARSER = "libnvonnxparser.so.11";
#else
constexpr int kMAJOR = 1, kOLDEST_MINOR = 3;
constexpr const char* kPARSER = "libtensorrt_onnxparser_rtx.so.1";
#endif

void readVersion(const DynamicLibrary& library, TrtApi& api) {
  api.major = library.require<int32_t (*)()>("getInferLibMajorVersion")();
  api.minor = library.require<int32_t (*)()>("getInferLibMinorVersion")();
  api.patch = library.require<int32_t (*)()>("getInferLibPatchVersion")();
  api.build = library.require<int32_t (*)()>("getInferLibBuildVersion")();
  if (api.major != kMAJOR) {
    throw Error("LIBRARY_FOREIGN",
                library.path() + " is version " + api.version() + ", not " + familyName(kFAMILY) + ".");
  }
  if (api.minor < kOLDEST_MINOR) {
    throw Error("LIBRARY_TOO_OLD", library.path() + " is version " + api.version() + "; " +
                                       std::to_string(kMAJOR) + "." + std::to_string(kOLDEST_MINOR) +
                                       " or later is needed.");
  }
}

/// Opens `name` by its bare name, which the loader then knows for the rest of the process. It is found through this
/// library's run path while the folder that the core made for it exists. A neighbour that is not there is not missed:
/// TensorRT says itself what it cannot open.
void claim(const std::string& name) {
  DynamicLibrary library;
  std::string reason;
  if (DynamicLibrary::tryOpen(name, library, reason)) library.release();
}

void claimNeighbours(const std::string& runtime) {
#if defined(MASKFORGE_FAMILY_RTX)
  (void)runtime;
  claim("libtensorrt_rtx.so");
#else
  const std::string folder = runtime.substr(0, runtime.rfind('/'));
  DIR* listing = opendir(folder.c_str());
  if (listing == nullptr) return;
  while (const dirent* entry = readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.rfind("libnvinfer_builder_resource", 0) == 0) claim(name);
  }
  closedir(listing);
#endif
}

}  // namespace

TrtApi openTrt(const LibraryPaths& paths) {
  TrtApi api;
  DynamicLibrary library(paths.runtime);
  readVersion(library, api);
  api.createBuilder = library.require<decltype(api.createBuilder)>("createInferBuilder_INTERNAL");
  api.createRuntime = library.require<decltype(api.createRuntime)>("createInferRuntime_INTERNAL");
  api.pluginRegistry = library.require<decltype(api.pluginRegistry)>("getPluginRegistry");
  api.runtimePath = paths.runtime;
  // Later releases of 10 can be told the folder, which is better than opening gigabytes of resources in advance.
  const auto setFolder = library.find<bool (*)(const char*)>("setInternalLibraryPath");
  library.release();
  const std::string folder = paths.runtime.substr(0, paths.runtime.rfind('/'));
  const bool told = kFAMILY != Family::tensorrtRtx && setFolder != nullptr && setFolder(folder.c_str());
  if (!told) claimNeighbours(paths.runtime);
  if (!paths.parser.empty()) openTrtParser(api, paths.parser);
  return api;
}

void openTrtParser(TrtApi& api, const std::string& path) {
  DynamicLibrary library(path);
  // A parser calls the virtual functions of its own family's network, at its own places.
  if (const std::string name = library.soname(); !name.empty() && name != kPARSER) {
    throw Error("LIBRARY_FOREIGN", path + " is " + name + ", not the ONNX parser of " + familyName(kFAMILY) + ".");
  }
  api.createParser = library.require<decltype(api.createParser)>("createNvOnnxParser_INTERNAL");
  api.parserPath = path;
  library.release();
}

}  // namespace maskforge
