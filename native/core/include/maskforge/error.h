// The one exception type of the native code. It crosses our own libraries, never a TensorRT callback or Node-API.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace maskforge {

/// An expected failure. `code` is SCREAMING_SNAKE and stable: TypeScript gives it its remedy; `what()` says what
/// happened, names the file, tensor or device, and repeats what TensorRT or CUDA said.
class __attribute__((visibility("default"))) Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}

  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

}  // namespace maskforge
