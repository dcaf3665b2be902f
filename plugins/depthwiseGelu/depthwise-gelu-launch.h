// Starts the kernel of SegFormer's MixFFN: depthwise 3x3 convolution, bias and GELU. Knows nothing of TensorRT.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace maskforge {

enum class DepthwiseElement { float32, float16, bfloat16 };

/// output[n, y, x, c] = gelu(bias[c] + sum over the 3x3 neighbours of input * weight), zeros beyond the border, stride
/// 1; gelu(v) = v * (1 + erf(v / sqrt(2))) / 2. Pointers are device memory, channels lie innermost.
struct DepthwiseGeluArguments {
  /// batch x height x width x channels.
  const void* input = nullptr;
  /// 9 x channels: rows of the kernel one after the other.
  const void* weight = nullptr;
  /// channels.
  const void* bias = nullptr;
  /// Like the input; shares no memory with it.
  void* output = nullptr;
  std::int64_t batch = 0;
  std::int32_t height = 0, width = 0, channels = 0;
  /// Type of input and output.
  DepthwiseElement element = DepthwiseElement::float32;
  /// Weight and bias are FP32; otherwise of the element type.
  bool floatParameters = true;
};

/// Puts one kernel on the stream: no allocation, no synchronisation, fit for capture into a graph. Arithmetic is FP32.
///
/// @param multiprocessors of the current device: small maps are cut into more pieces
/// @return cudaErrorInvalidValue for arguments outside what is described above, else what the launch said
cudaError_t launchDepthwiseGelu(const DepthwiseGeluArguments& arguments, int multiprocessors, cudaStream_t stream);

}  // namespace maskforge
