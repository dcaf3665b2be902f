// Whole files, with errors that name them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskforge {

bool isRegularFile(const std::string& path) noexcept;

/// @param code what an Error carries when the file is missing or cannot be read
std::vector<std::uint8_t> readFile(const std::string& path, const char* code);

/// Writes to the end, flushes to the disk and closes; removes the file again when any of it fails.
/// @throws Error FILE_WRITE_FAILED
void writeFileDurably(const std::string& path, const void* data, std::size_t bytes);

/// A folder of this process's own that goes with the object. Empty path: it could not be made.
class PrivateFolder {
 public:
  /// @param again the path of one that is gone, to be made once more; empty for a new one
  explicit PrivateFolder(const std::string& again = "") noexcept;
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// @return whether `name` in the folder now points to `target`
  bool link(const std::string& target, const std::string& name) noexcept;

 private:
  std::string path_;
  std::vector<std::string> links_;
};

}  // namespace maskforge
