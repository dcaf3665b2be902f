#include "plugin-log.h"

#include <atomic>
#include <cstdio>

namespace maskforge {
namespace {

std::atomic<nvinfer1::ILoggerFinder*> currentFinder{nullptr};

}  // namespace

void setLoggerFinder(nvinfer1::ILoggerFinder* finder) noexcept { currentFinder = finder; }

void logError(const std::string& message) noexcept {
  try {
    nvinfer1::ILoggerFinder* finder = currentFinder;
    nvinfer1::ILogger* logger = finder == nullptr ? nullptr : finder->findLogger();
    if (logger != nullptr) {
      logger->log(nvinfer1::ILogger::Severity::kERROR, message.c_str());
    } else {
      std::fprintf(stderr, "%s\n", message.c_str());
    }
  } catch (...) {
    // A logger that throws is not ours to mend.
  }
}

}  // namespace maskforge
