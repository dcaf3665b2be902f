// What the plugins' GPU programs share: checked CUDA calls, memory, timing with rotating buffers, results as JSON.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace maskforge::gpu {

inline void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : size_(bytes) {
    check(cudaMalloc(&memory_, std::max<std::size_t>(bytes, 1)), "cudaMalloc");
  }
  ~Buffer() { cudaFree(memory_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  template <typename T = void>
  T* at(std::size_t byte = 0) const {
    return reinterpret_cast<T*>(static_cast<char*>(memory_) + byte);
  }
  std::size_t size() const { return size_; }
  void fillBytes(int value) { check(cudaMemset(memory_, value, size_), "cudaMemset"); }

 private:
  void* memory_ = nullptr;
  std::size_t size_;
};

class Stream {
 public:
  Stream() { check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }
  void wait() const { check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

 private:
  cudaStream_t stream_ = nullptr;
};

/// A graph of launches that were captured from a stream.
class Graph {
 public:
  Graph(const Stream& stream, const std::function<void()>& launches) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "cudaStreamBeginCapture");
    launches();
    cudaGraph_t graph = nullptr;
    check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
    const cudaError_t status = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    check(status, "cudaGraphInstantiate");
  }
  ~Graph() { cudaGraphExecDestroy(executable_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch(cudaStream_t stream) const { check(cudaGraphLaunch(executable_, stream), "cudaGraphLaunch"); }

 private:
  cudaGraphExec_t executable_ = nullptr;
};

/// Median microseconds of one of `count` launches that one graph holds; `repeats` replays, by events.
inline double medianMicroseconds(const Stream& stream, int count, int repeats, const std::function<void(int)>& launch) {
  const Graph graph(stream, [&] {
    for (int index = 0; index < count; ++index) launch(index);
  });
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  for (int warmUp = 0; warmUp < 3; ++warmUp) graph.launch(stream);
  std::vector<double> times;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    // The device is still busy with this one when the timed one comes: what the host needs for a launch does not count.
    graph.launch(stream);
    check(cudaEventRecord(begin, stream), "cudaEventRecord");
    graph.launch(stream);
    check(cudaEventRecord(end, stream), "cudaEventRecord");
    check(cudaEventSynchronize(end), "cudaEventSynchronize");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
    times.push_back(milliseconds * 1e3 / count);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

/// So many sets of buffers that the whole does not fit in the L2 cache four times over.
inline int setsBeyondCache(std::size_t bytesOfASet) {
  int device = 0, cache = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&cache, cudaDevAttrL2CacheSize, device), "cudaDevAttrL2CacheSize");
  const std::size_t wanted = 4 * static_cast<std::size_t>(cache);
  return static_cast<int>(std::clamp<std::size_t>((wanted + bytesOfASet - 1) / bytesOfASet, 2, 512));
}

inline int multiprocessors() {
  int device = 0, count = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device), "cudaDevAttrMultiProcessorCount");
  return count;
}

/// Repeatable noise: uniform in [-1, 1).
__host__ __device__ inline float noise(std::uint64_t index, std::uint32_t seed) {
  std::uint64_t x = index * 0x9E3779B97F4A7C15ull + seed * 0xD1B54A32D192ED03ull + 1;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  x ^= x >> 31;
  return static_cast<float>(static_cast<std::int32_t>(x >> 32)) * (1.0f / 2147483648.0f);
}

/// Bytes a copy reads and writes per second, measured like everything else. Kernel launches, 16 bytes a thread and
/// step.
double copyMicroseconds(const Stream& stream, std::size_t bytes, bool rotating);

}  // namespace maskforge::gpu
