// A shared library opened at run time.
#pragma once

#include <string>

#include "maskforge/error.h"

namespace maskforge {

/// Owns one `dlopen`. Libraries of NVIDIA are never closed again: they keep threads and thread-local state (`release`).
class DynamicLibrary {
 public:
  DynamicLibrary() = default;
  /// @throws Error LIBRARY_MISSING (no such file), LIBRARY_BROKEN (not a library, or one of its own is missing)
  explicit DynamicLibrary(const std::string& path);
  DynamicLibrary(DynamicLibrary&& other) noexcept;
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept;
  DynamicLibrary(const DynamicLibrary&) = delete;
  DynamicLibrary& operator=(const DynamicLibrary&) = delete;
  ~DynamicLibrary();

  /// Like the constructor, for a library that may be absent: then false, and `reason` says why.
  static bool tryOpen(const std::string& pathOrName, DynamicLibrary& library, std::string& reason);

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  const std::string& path() const noexcept { return path_; }

  /// The name that the library calls itself; empty where it has none.
  std::string soname() const;

  /// Null where the library has no such symbol.
  template <typename Function>
  Function find(const char* name) const noexcept {
    return reinterpret_cast<Function>(address(name));
  }

  /// @throws Error LIBRARY_BROKEN naming the symbol
  template <typename Function>
  Function require(const char* name) const {
    void* found = address(name);
    if (found == nullptr) throw Error("LIBRARY_BROKEN", path_ + " has no symbol " + name + ".");
    return reinterpret_cast<Function>(found);
  }

  /// Leaves the library open until the process ends.
  void release() noexcept { handle_ = nullptr; }

 private:
  void* address(const char* name) const noexcept;
  void close() noexcept;

  void* handle_ = nullptr;
  std::string path_;
};

}  // namespace maskforge
