#include "maskforge/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "maskforge/error.h"

namespace maskforge {

bool isRegularFile(const std::string& path) noexcept {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::vector<std::uint8_t> readFile(const std::string& path, const char* code) {
  if (!isRegularFile(path)) throw Error(code, path + " does not exist or is not a file.");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) throw Error(code, path + " cannot be read: " + std::strerror(errno) + ".");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  if (size > 0 && !file.read(reinterpret_cast<char*>(bytes.data()), size)) {
    throw Error(code, path + " cannot be read to its end.");
  }
  return bytes;
}

namespace {

/// @return 0, or errno
int writeAll(int file, const char* data, std::size_t bytes) noexcept {
  while (bytes > 0) {
    const ssize_t written = ::write(file, data, bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    data += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

void writeFileDurably(const std::string& path, const void* data, std::size_t bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) throw Error("FILE_WRITE_FAILED", path + " cannot be written: " + std::strerror(errno) + ".");
  struct stat status {};
  // A device or a pipe is not ours to remove.
  const bool removable = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  int failure = writeAll(file, static_cast<const char*>(data), bytes);
  if (::close(file) != 0 && failure == 0) failure = errno;
  if (failure != 0) {
    if (removable) ::unlink(path.c_str());
    throw Error("FILE_WRITE_FAILED", path + " cannot be written: " + std::strerror(failure) + ".");
  }
}

PrivateFolder::PrivateFolder(const std::string& again) noexcept {
  if (!again.empty() && ::mkdir(again.c_str(), 0700) == 0) path_ = again;
  if (!path_.empty()) return;
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/maskforge-libraries-XXXXXX";
  if (::mkdtemp(pattern.data()) != nullptr) path_ = std::move(pattern);
}

PrivateFolder::~PrivateFolder() {
  for (const std::string& link : links_) ::unlink(link.c_str());
  if (!path_.empty()) ::rmdir(path_.c_str());
}

bool PrivateFolder::link(const std::string& target, const std::string& name) noexcept {
  if (path_.empty()) return false;
  std::string link = path_ + "/" + name;
  if (::symlink(target.c_str(), link.c_str()) != 0) return false;
  links_.push_back(std::move(link));
  return true;
}

}  // namespace maskforge
