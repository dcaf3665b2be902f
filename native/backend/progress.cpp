#include "progress.h"

namespace maskforge {
namespace {

std::string_view orEmpty(const char* text) noexcept { return text == nullptr ? std::string_view() : text; }

}  // namespace

void Progress::phaseStart(const char* phase, const char* parent, int32_t steps) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (observer_.phaseStarted) observer_.phaseStarted(orEmpty(phase), orEmpty(parent), steps);
  } catch (...) {
    // An observer that fails must not end TensorRT; the build goes on unseen.
  }
}

bool Progress::stepComplete(const char* phase, int32_t step) noexcept {
  if (cancelled_) return false;
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (observer_.step && !observer_.step(orEmpty(phase), step)) cancelled_ = true;
  } catch (...) {
    // As above.
  }
  return !cancelled_;
}

void Progress::phaseFinish(const char* phase) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (observer_.phaseFinished) observer_.phaseFinished(orEmpty(phase));
  } catch (...) {
    // As above.
  }
}

void Progress::throwIfCancelled(std::string_view phase) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (observer_.step && !observer_.step(phase, 0)) cancelled_ = true;
  }
  if (cancelled_) throw Error("CANCELLED", "The build was cancelled.");
}

}  // namespace maskforge
