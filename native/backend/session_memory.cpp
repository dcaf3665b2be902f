#include "session_memory.h"

#include <algorithm>
#include <string>

namespace maskforge {

void DeviceBuffer::reserve(std::size_t bytes) {
  if (!isTooSmall(bytes)) return;
  bytes = std::max<std::size_t>(bytes, 256);
  need(cudaFree(memory_), "freeing device memory");
  memory_ = nullptr;
  bytes_ = 0;
  const cudaError_t result = cudaMalloc(&memory_, bytes);
  if (result == cudaErrorMemoryAllocation) {
    memory_ = nullptr;
    cudaGetLastError();
    std::size_t free = 0, total = 0;
    if (cudaMemGetInfo(&free, &total) != cudaSuccess) cudaGetLastError();
    throw Error("DEVICE_OUT_OF_MEMORY", std::to_string(bytes) + " bytes of device memory for " + purpose_ +
                                            " were refused; " + std::to_string(free) + " of " + std::to_string(total) +
                                            " are free.");
  }
  need(result, "reserving device memory");
  bytes_ = bytes;
}

void PinnedBuffer::reserve(std::size_t bytes) {
  if (bytes <= bytes_) return;
  need(cudaFreeHost(memory_), "freeing pinned memory");
  memory_ = nullptr;
  bytes_ = 0;
  need(cudaHostAlloc(&memory_, bytes, cudaHostAllocDefault), "reserving pinned memory");
  bytes_ = bytes;
}

}  // namespace maskforge
