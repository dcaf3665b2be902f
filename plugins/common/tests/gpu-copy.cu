// The copy that bandwidths are compared with: as many bytes in, as many out, all loads of a thread under way at once.
#include "gpu-support.h"

namespace maskforge::gpu {
namespace {

constexpr int kTHREADS = 256;
constexpr int kLOADS = 4;

__global__ void __launch_bounds__(kTHREADS) copyKernel(const uint4* __restrict__ from, uint4* to, std::size_t count) {
  const std::size_t first = static_cast<std::size_t>(blockIdx.x) * kTHREADS * kLOADS + threadIdx.x;
  uint4 values[kLOADS];
#pragma unroll
  for (int load = 0; load < kLOADS; ++load) {
    if (first + load * kTHREADS < count) values[load] = __ldg(from + first + load * kTHREADS);
  }
#pragma unroll
  for (int load = 0; load < kLOADS; ++load) {
    if (first + load * kTHREADS < count) to[first + load * kTHREADS] = values[load];
  }
}

}  // namespace

double copyMicroseconds(const Stream& stream, std::size_t bytes, bool rotating) {
  const int sets = rotating ? setsBeyondCache(2 * bytes) : 1;
  const Buffer from(bytes * sets), to(bytes * sets);
  check(cudaMemset(from.at(), 1, from.size()), "cudaMemset");
  const std::size_t count = bytes / sizeof(uint4);
  const unsigned blocks = static_cast<unsigned>((count + kTHREADS * kLOADS - 1) / (kTHREADS * kLOADS));
  const int launches = std::max(sets, 48);
  return medianMicroseconds(stream, launches, 15, [&](int index) {
    const std::size_t offset = bytes * static_cast<std::size_t>(index % sets);
    copyKernel<<<blocks, kTHREADS, 0, stream>>>(from.at<uint4>(offset), to.at<uint4>(offset), count);
    check(cudaGetLastError(), "copyKernel");
  });
}

}  // namespace maskforge::gpu
