// Starts the LayerNorm kernels. Knows nothing of TensorRT: the plugin, the tests and the timing program call it alike.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace maskforge {

/// Widest row that is taken: 16 numbers for each of 256 threads, all held in registers.
constexpr std::int32_t kMAX_WIDTH = 4096;

enum class Element { float32, float16, bfloat16 };

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over each row. Pointers are device memory.
struct LayerNormArguments {
  /// rows x width.
  const void* input = nullptr;
  /// rows x width, or null. With it the row is input + residual, rounded to the element type.
  const void* residual = nullptr;
  /// width numbers each.
  const void* gamma = nullptr;
  const void* beta = nullptr;
  /// rows x width: input + residual. Null without a residual.
  void* sum = nullptr;
  /// rows x width; shares no memory with the inputs.
  void* output = nullptr;
  std::int64_t rows = 0;
  /// 1…kMAX_WIDTH.
  std::int32_t width = 0;
  /// Greater than 0.
  float epsilon = 1e-5f;
  /// Type of input, residual, sum and output.
  Element element = Element::float32;
  /// Gamma and beta are FP32; otherwise of the element type.
  bool floatParameters = true;
};

/// Puts one kernel on the stream: no allocation, no synchronisation, fit for capture into a graph.
///
/// @param multiprocessors of the current device: small inputs are spread over more threads
/// @return cudaErrorInvalidValue for arguments outside what is described above, else what the launch said
cudaError_t launchLayerNorm(const LayerNormArguments& arguments, int multiprocessors, cudaStream_t stream);

}  // namespace maskforge
