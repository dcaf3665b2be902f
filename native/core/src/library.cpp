#include "maskforge/library.h"

#include <dirent.h>

#include <map>
#include <mutex>
#include <utility>

#include "maskforge/dynamic_library.h"
#include "maskforge/files.h"

namespace maskforge {
namespace {

struct OpenLibrary {
  std::string backendPath;
  LibraryPaths paths;
  std::shared_ptr<Backend> backend;
};

struct Registry {
  std::mutex mutex;
  std::map<Family, OpenLibrary> libraries;
  /// By backend: the folder through which it was opened when that failed. The loader may have kept the backend all the
  /// same, and then looks for its neighbours there for ever.
  std::map<std::string, std::string> folders;
};

/// Never destroyed: sessions of a dying environment may still end when static objects are gone.
Registry& registry() {
  static Registry* const kept = new Registry;
  return *kept;
}

std::string folderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string nameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void linkNeighbours(PrivateFolder& folder, const std::string& runtime) {
  const std::string from = folderOf(runtime);
  DIR* listing = opendir(from.c_str());
  if (listing == nullptr) return;
  while (const dirent* entry = readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.rfind("lib", 0) != 0 || name.find(".so") == std::string::npos) continue;
    folder.link(from + "/" + name, name);
  }
  closedir(listing);
  // The ONNX parser of TensorRT for RTX asks for the name without a version, which its wheel does not hold.
  folder.link(runtime, "libtensorrt_rtx.so");
}

/// NVIDIA's libraries open each other by bare name, and the loader then looks only where the process was told to look
/// when it started, and where the run path of the *opening* library points. Our backends have the run path $ORIGIN, so
/// each is opened through a private folder in which its own link lies beside links to all of NVIDIA's files; there it
/// claims the names (see `claimNeighbours` of the backend) before the folder goes away.
DynamicLibrary openBackendFile(const std::string& path, const LibraryPaths& paths, PrivateFolder& folder) {
  if (!isRegularFile(path)) throw Error("LIBRARY_MISSING", path + " does not exist.");
  linkNeighbours(folder, paths.runtime);
  if (!paths.parser.empty()) folder.link(paths.parser, nameOf(paths.parser));
  const std::string name = nameOf(path);
  DynamicLibrary library;
  std::string reason;
  const std::string opened = folder.link(path, name) ? folder.path() + "/" + name : path;
  if (!DynamicLibrary::tryOpen(opened, library, reason)) {
    throw Error("LIBRARY_BROKEN", path + " cannot be opened: " + reason);
  }
  return library;
}

std::shared_ptr<Backend> openFresh(Registry& known, Family family, const std::string& backendPath, const LibraryPaths& paths) {
  if (!isRegularFile(paths.runtime)) throw Error("LIBRARY_MISSING", paths.runtime + " does not exist.");
  std::string& path = known.folders[backendPath];
  PrivateFolder folder(path);
  path = folder.path();
  DynamicLibrary library = openBackendFile(backendPath, paths, folder);
  const auto open = library.require<OpenBackend>("maskforge_open_backend");
  const auto builtFor = library.require<int (*)()>("maskforge_backend_family");
  if (builtFor() != static_cast<int>(family)) {
    throw Error("LIBRARY_FOREIGN", backendPath + " was not built for " + familyName(family) + ".");
  }
  std::shared_ptr<Backend> backend(open(paths));
  library.release();
  return backend;
}

}  // namespace

const char* familyName(Family family) noexcept {
  switch (family) {
    case Family::tensorrt10: return "TensorRT 10";
    case Family::tensorrt11: return "TensorRT 11";
    case Family::tensorrtRtx: return "TensorRT for RTX";
  }
  return "TensorRT";
}

std::shared_ptr<Backend> openLibrary(Family family, const std::string& backendPath, const LibraryPaths& paths) {
  Registry& open = registry();
  const std::lock_guard<std::mutex> lock(open.mutex);
  const auto found = open.libraries.find(family);
  if (found == open.libraries.end()) {
    std::shared_ptr<Backend> backend = openFresh(open, family, backendPath, paths);
    open.libraries[family] = {backendPath, paths, backend};
    return backend;
  }
  OpenLibrary& library = found->second;
  const bool same = library.backendPath == backendPath && library.paths.runtime == paths.runtime;
  if (same && (paths.parser.empty() || paths.parser == library.paths.parser)) return library.backend;
  if (same && library.paths.parser.empty()) {
    library.backend->openParser(paths.parser);
    library.paths.parser = paths.parser;
    return library.backend;
  }
  throw Error("LIBRARY_CONFLICT", std::string(familyName(family)) + " is already open in this process from " +
                                      library.paths.runtime + "; " + paths.runtime + " cannot be opened beside it.");
}

}  // namespace maskforge
