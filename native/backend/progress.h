// TensorRT's progress, handed on to whoever watches a build.
#pragma once

#include <atomic>
#include <mutex>
#include <string_view>

#include "maskforge/build.h"
#include "trt.h"

namespace maskforge {

/// TensorRT calls it from several threads; the observer is called by one at a time. Nothing is thrown through it.
class Progress final : public nvinfer1::IProgressMonitor {
 public:
  explicit Progress(const BuildObserver& observer) : observer_(observer) {}

  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override;
  bool stepComplete(const char* phase, int32_t step) noexcept override;
  void phaseFinish(const char* phase) noexcept override;

  bool cancelled() const noexcept { return cancelled_; }
  /// Between TensorRT's phases. @throws Error CANCELLED
  void throwIfCancelled(std::string_view phase);

 private:
  const BuildObserver& observer_;
  std::mutex mutex_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace maskforge
