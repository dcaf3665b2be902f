// Chooses the shape of a launch from the width, and starts it. Included once for each element type, so that the
// compiler works on the types side by side.
#pragma once

#include <algorithm>

#include "layer-norm-kernels.cuh"

namespace maskforge {

constexpr int kTHREADS = 256;

struct Launch {
  const LayerNormArguments& arguments;
  int multiprocessors;
  cudaStream_t stream;
};

template <typename T, typename A, int COUNT, int LANES, int VECTORS, int ROWS, int THREADS, bool RESIDUAL>
cudaError_t start(const Launch& launch) {
  const LayerNormArguments& from = launch.arguments;
  const RowParameters<T, A> parameters{static_cast<const T*>(from.input),
                                       static_cast<const T*>(from.residual),
                                       static_cast<const A*>(from.gamma),
                                       static_cast<const A*>(from.beta),
                                       static_cast<T*>(from.sum),
                                       static_cast<T*>(from.output),
                                       from.rows,
                                       from.width,
                                       1.0f / static_cast<float>(from.width),
                                       from.epsilon};
  constexpr int kROWS_A_BLOCK = THREADS / LANES * ROWS;
  const std::int64_t blocks = (from.rows + kROWS_A_BLOCK - 1) / kROWS_A_BLOCK;
  if (blocks > INT32_MAX) return cudaErrorInvalidValue;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(THREADS);
  config.stream = launch.stream;
  return cudaLaunchKernelEx(&config, layerNormKernel<T, A, COUNT, LANES, VECTORS, ROWS, THREADS, RESIDUAL>, parameters);
}

/// Several rows a thread keep enough bytes under way; but not where that would leave multiprocessors without work.
template <typename T, typename A, int COUNT, int LANES, int VECTORS, int ROWS, bool RESIDUAL>
cudaError_t startWarps(const Launch& launch) {
  constexpr int kROWS_A_BLOCK = kTHREADS / LANES * ROWS;
  const std::int64_t enough = static_cast<std::int64_t>(std::max(launch.multiprocessors, 1)) * 2 * kROWS_A_BLOCK;
  if (ROWS > 1 && launch.arguments.rows < enough)
    return start<T, A, COUNT, LANES, VECTORS, 1, kTHREADS, RESIDUAL>(launch);
  return start<T, A, COUNT, LANES, VECTORS, ROWS, kTHREADS, RESIDUAL>(launch);
}

/// Rows of whole 16-byte groups at 16-byte addresses. Up to 4 groups a thread, most of them in use at the widths of
/// common networks: 32, 64, 128, 160, 256, 320, 512, 768, 1024.
template <typename T, typename A, bool RESIDUAL>
cudaError_t startVectors(const Launch& launch) {
  constexpr int kCOUNT = 16 / static_cast<int>(sizeof(T));
  const int groups = launch.arguments.width / kCOUNT;
  if (groups <= 4) return startWarps<T, A, kCOUNT, 4, 1, 4, RESIDUAL>(launch);
  if (groups <= 8) return startWarps<T, A, kCOUNT, 8, 1, 4, RESIDUAL>(launch);
  if (groups <= 16) return startWarps<T, A, kCOUNT, 8, 2, 2, RESIDUAL>(launch);
  if (groups <= 24) return startWarps<T, A, kCOUNT, 8, 3, 1, RESIDUAL>(launch);
  if (groups <= 32) return startWarps<T, A, kCOUNT, 16, 2, 2, RESIDUAL>(launch);
  if (groups <= 48) return startWarps<T, A, kCOUNT, 16, 3, 1, RESIDUAL>(launch);
  if (groups <= 64) return startWarps<T, A, kCOUNT, 32, 2, 2, RESIDUAL>(launch);
  if (groups <= 96) return startWarps<T, A, kCOUNT, 32, 3, 1, RESIDUAL>(launch);
  if (groups <= 128) return startWarps<T, A, kCOUNT, 32, 4, 1, RESIDUAL>(launch);
  if (groups <= 256) return start<T, A, kCOUNT, 128, 2, 1, 128, RESIDUAL>(launch);
  if (groups <= 512) return start<T, A, kCOUNT, 128, 4, 1, 128, RESIDUAL>(launch);
  return start<T, A, kCOUNT, 256, 4, 1, 256, RESIDUAL>(launch);
}

/// Any width and any address, element by element.
template <typename T, typename A, bool RESIDUAL>
cudaError_t startScalars(const Launch& launch) {
  const int width = launch.arguments.width;
  if (width <= 32) return startWarps<T, A, 1, 8, 4, 1, RESIDUAL>(launch);
  if (width <= 256) return startWarps<T, A, 1, 32, 8, 1, RESIDUAL>(launch);
  if (width <= 1024) return start<T, A, 1, 128, 8, 1, 128, RESIDUAL>(launch);
  return start<T, A, 1, 256, 16, 1, 256, RESIDUAL>(launch);
}

inline bool isAligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0; }

template <typename T>
bool fitsVectors(const LayerNormArguments& a) {
  const bool aligned = isAligned(a.input) && isAligned(a.residual) && isAligned(a.gamma) && isAligned(a.beta) &&
                       isAligned(a.sum) && isAligned(a.output);
  return aligned && a.width % (16 / static_cast<int>(sizeof(T))) == 0;
}

template <typename T, typename A>
cudaError_t startLayerNorm(const Launch& launch) {
  const bool vectors = fitsVectors<T>(launch.arguments);
  if (launch.arguments.residual == nullptr)
    return vectors ? startVectors<T, A, false>(launch) : startScalars<T, A, false>(launch);
  return vectors ? startVectors<T, A, true>(launch) : startScalars<T, A, true>(launch);
}

// One for each source file.
cudaError_t startFloat32(const Launch& launch);
cudaError_t startFloat16(const Launch& launch);
cudaError_t startBfloat16(const Launch& launch);

}  // namespace maskforge
