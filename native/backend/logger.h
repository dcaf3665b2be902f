// TensorRT takes one logger for the whole process, whatever is passed in later. Ours lives for ever and hands each line
// to the work that it belongs to.
#pragma once

#include <NvInferRuntime.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "maskforge/build.h"

namespace maskforge {

/// What was said during one piece of work. Thread-safe.
class LogSink {
 public:
  /// @param forward called for each line as it comes, from any thread, never twice at once; may be empty
  LogSink(std::function<void(const LogLine&)> forward, bool verbose) : forward_(std::move(forward)), verbose_(verbose) {}

  void write(Severity severity, const char* text) noexcept;
  bool wantsVerbose() const noexcept { return verbose_; }

  std::vector<LogLine> warnings() const;
  /// The error lines so far, one under the other; the latest 20 at most.
  std::string errors() const;

 private:
  mutable std::mutex mutex_;
  std::function<void(const LogLine&)> forward_;
  bool verbose_;
  std::vector<LogLine> warnings_;
  std::vector<std::string> errors_;
};

class Logger final : public nvinfer1::ILogger {
 public:
  /// The only one; never destroyed.
  static Logger& instance();

  void log(Severity severity, const char* text) noexcept override;

 private:
  friend class LogScope;
  Logger() = default;
  ~Logger() override = default;

  std::mutex mutex_;
  std::vector<LogSink*> active_;
};

/// While it lives, what TensorRT says on this thread goes to `sink`. Lines from threads of TensorRT's own cannot be told
/// apart and go to every sink at work.
class LogScope {
 public:
  explicit LogScope(LogSink& sink);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  LogSink* sink_;
  LogSink* previous_;
};

}  // namespace maskforge
