// What a session holds of CUDA, each freed by its owner.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "trt.h"

namespace maskforge {

/// `checkCuda` for the path of every frame: makes no string while all is well.
inline void need(cudaError_t result, const char* doing) {
  if (result != cudaSuccess) checkCuda(result, doing);
}

class Stream {
 public:
  Stream() { need(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const noexcept { return stream_; }
  void synchronize() const { need(cudaStreamSynchronize(stream_), "waiting for the GPU"); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { need(cudaEventCreate(&event_), "making an event"); }
  /// @param flags cudaEventDisableTiming for one that only says that something is done
  explicit Event(unsigned flags) { need(cudaEventCreateWithFlags(&event_, flags), "making an event"); }
  ~Event() {
    if (event_ != nullptr) cudaEventDestroy(event_);
  }
  Event(Event&& other) noexcept : event_(other.event_) { other.event_ = nullptr; }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event& operator=(Event&&) = delete;

  void record(cudaStream_t stream) { need(cudaEventRecord(event_, stream), "recording an event"); }
  /// Under capture: the event of each replay can be read from outside the graph.
  void recordInGraph(cudaStream_t stream) {
    need(cudaEventRecordWithFlags(event_, stream, cudaEventRecordExternal), "recording an event in a graph");
  }
  void synchronize() const { need(cudaEventSynchronize(event_), "waiting for the GPU"); }
  bool hasPassed() const {
    const cudaError_t result = cudaEventQuery(event_);
    if (result != cudaErrorNotReady) need(result, "waiting for the GPU");
    return result == cudaSuccess;
  }
  /// For threads that must not throw; whoever waits for the stream learns of the failure.
  void wait() const noexcept { cudaEventSynchronize(event_); }
  /// Milliseconds since `earlier`.
  double since(const Event& earlier) const {
    float milliseconds = 0;
    need(cudaEventElapsedTime(&milliseconds, earlier.event_, event_), "reading an event");
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Memory that grows and is kept. Growing frees what was there.
class DeviceBuffer {
 public:
  explicit DeviceBuffer(const char* purpose) : purpose_(purpose) {}
  ~DeviceBuffer() { cudaFree(memory_); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  /// Whether `reserve` would move it.
  bool isTooSmall(std::size_t bytes) const noexcept { return memory_ == nullptr || bytes > bytes_; }
  /// Nothing may be at work on the old memory. Where there is not enough, it holds nothing afterwards.
  /// @throws Error DEVICE_OUT_OF_MEMORY with the bytes that were wanted
  void reserve(std::size_t bytes);
  std::uint8_t* get() const noexcept { return static_cast<std::uint8_t*>(memory_); }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  const char* purpose_;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  ~PinnedBuffer() { cudaFreeHost(memory_); }
  PinnedBuffer(const PinnedBuffer&) = delete;
  PinnedBuffer& operator=(const PinnedBuffer&) = delete;

  void reserve(std::size_t bytes);
  /// The device reads and writes it at the same address.
  std::uint8_t* get() const noexcept { return static_cast<std::uint8_t*>(memory_); }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace maskforge
