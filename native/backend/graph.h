// A sequence of launches recorded once and replayed.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>

namespace maskforge {

class Graph {
 public:
  Graph() = default;
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Records what `work` enqueues on `stream`, without running it. Where that cannot be captured, nothing is thrown:
  /// `failure` then says why, and the stream is as before.
  bool capture(cudaStream_t stream, const std::function<void()>& work);
  bool isReady() const noexcept { return executable_ != nullptr; }
  const std::string& failure() const noexcept { return failure_; }
  void launch(cudaStream_t stream) const;
  /// Forgets what was recorded, not why it could not be.
  void reset() noexcept;

 private:
  cudaGraphExec_t executable_ = nullptr;
  std::string failure_;
};

}  // namespace maskforge
