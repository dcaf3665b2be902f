#include "logger.h"

#include <algorithm>
#include <utility>

namespace maskforge {
namespace {

thread_local LogSink* currentSink = nullptr;
constexpr std::size_t kLINES_KEPT = 20;
constexpr std::size_t kWARNINGS_KEPT = 200;

Severity fromTrt(nvinfer1::ILogger::Severity severity) noexcept {
  switch (severity) {
    case nvinfer1::ILogger::Severity::kINTERNAL_ERROR: return Severity::internalError;
    case nvinfer1::ILogger::Severity::kERROR: return Severity::error;
    case nvinfer1::ILogger::Severity::kWARNING: return Severity::warning;
    case nvinfer1::ILogger::Severity::kINFO: return Severity::info;
    default: return Severity::verbose;
  }
}

}  // namespace

void LogSink::write(Severity severity, const char* text) noexcept {
  if (severity == Severity::verbose && !verbose_) return;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    LogLine line{severity, text == nullptr ? "" : text};
    if (severity == Severity::warning && warnings_.size() < kWARNINGS_KEPT) warnings_.push_back(line);
    if (severity <= Severity::error) {
      errors_.push_back(line.text);
      if (errors_.size() > kLINES_KEPT) errors_.erase(errors_.begin());
    }
    if (forward_) forward_(line);
  } catch (...) {
    // Called from inside TensorRT, through which nothing may be thrown; a log line is not worth more.
  }
}

std::vector<LogLine> LogSink::warnings() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return warnings_;
}

std::string LogSink::errors() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string text;
  for (const std::string& line : errors_) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

Logger& Logger::instance() {
  static Logger* const kept = new Logger;
  return *kept;
}

void Logger::log(Severity severity, const char* text) noexcept {
  if (currentSink != nullptr) {
    currentSink->write(fromTrt(severity), text);
    return;
  }
  try {
    // Held while writing, so that no sink goes away under it; sinks take no lock that could lead back here.
    const std::lock_guard<std::mutex> lock(mutex_);
    for (LogSink* sink : active_) sink->write(fromTrt(severity), text);
  } catch (...) {
    // As above.
  }
}

LogScope::LogScope(LogSink& sink) : sink_(&sink), previous_(std::exchange(currentSink, &sink)) {
  Logger& logger = Logger::instance();
  const std::lock_guard<std::mutex> lock(logger.mutex_);
  logger.active_.push_back(sink_);
}

LogScope::~LogScope() {
  currentSink = previous_;
  Logger& logger = Logger::instance();
  const std::lock_guard<std::mutex> lock(logger.mutex_);
  const auto found = std::find(logger.active_.begin(), logger.active_.end(), sink_);
  if (found != logger.active_.end()) logger.active_.erase(found);
}

}  // namespace maskforge
