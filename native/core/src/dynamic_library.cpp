#include "maskforge/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>

#include <utility>

#include "maskforge/files.h"

namespace maskforge {

DynamicLibrary::DynamicLibrary(const std::string& path) : path_(path) {
  if (!isRegularFile(path)) throw Error("LIBRARY_MISSING", path + " does not exist.");
  std::string reason;
  if (!tryOpen(path, *this, reason)) throw Error("LIBRARY_BROKEN", path + " cannot be opened: " + reason);
}

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

DynamicLibrary& DynamicLibrary::operator=(DynamicLibrary&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    path_ = std::move(other.path_);
  }
  return *this;
}

DynamicLibrary::~DynamicLibrary() { close(); }

bool DynamicLibrary::tryOpen(const std::string& pathOrName, DynamicLibrary& library, std::string& reason) {
  // RTLD_LOCAL: two families define the same symbols, so none may be found by accident.
  void* handle = dlopen(pathOrName.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* said = dlerror();
    reason = said == nullptr ? "unknown reason" : said;
    return false;
  }
  library.close();
  library.handle_ = handle;
  library.path_ = pathOrName;
  return true;
}

std::string DynamicLibrary::soname() const {
  const link_map* map = nullptr;
  if (handle_ == nullptr || dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return "";
  const char* names = nullptr;
  ElfW(Xword) offset = 0;
  bool found = false;
  for (const ElfW(Dyn)* entry = map->l_ld; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    // The loader has made this an address.
    if (entry->d_tag == DT_STRTAB) names = reinterpret_cast<const char*>(entry->d_un.d_ptr);
    if (entry->d_tag == DT_SONAME) {
      offset = entry->d_un.d_val;
      found = true;
    }
  }
  return found && names != nullptr ? names + offset : "";
}

void* DynamicLibrary::address(const char* name) const noexcept {
  return handle_ == nullptr ? nullptr : dlsym(handle_, name);
}

void DynamicLibrary::close() noexcept {
  if (handle_ != nullptr) dlclose(handle_);
  handle_ = nullptr;
}

}  // namespace maskforge
