// What a plugin has to say goes to the logger of the TensorRT that called it. Loggers differ between the families, so
// this is compiled once for each of them.
#pragma once

#include <string>

#include "plugin-headers.h"

namespace maskforge {

/// Null until TensorRT has handed one over.
void setLoggerFinder(nvinfer1::ILoggerFinder* finder) noexcept;

/// On standard error where TensorRT handed over no logger.
void logError(const std::string& message) noexcept;

/// Calls `body` and turns whatever it throws into a line of the log and `fallback`: nothing may leave a callback.
template <typename Result, typename Body>
Result guarded(const char* where, Result fallback, const Body& body) noexcept {
  try {
    return body();
  } catch (const std::exception& error) {
    logError(std::string(where) + ": " + error.what());
  } catch (...) {
    logError(std::string(where) + ": unknown exception");
  }
  return fallback;
}

}  // namespace maskforge
