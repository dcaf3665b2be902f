// The end of a SegFormer's decode head in one kernel.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace maskforge::decodehead {

/// Feature maps besides the first, which are enlarged to its size.
constexpr int kMAPS = 3;
/// Widest first feature map and most classes that the kernel serves.
constexpr int kMAX_CHANNELS = 128;
constexpr int kMAX_CLASSES = 160;

enum class Type { float16, bfloat16 };

/// A map that is enlarged: [batch, height, width, D], channels innermost.
struct Map {
  const void* data = nullptr;
  int height = 0, width = 0;
};

/// logits[n, k, y, x] = c[k] + Σ_d V[k, d] · relu(b[d] + Σ_c W[d, c] · feature[n, y, x, c] + Σ_m enlarge(map_m)[n, y, x, d])
///
/// `enlarge` is bilinear with pixel centres (align_corners=False). Sums are float32; what relu gives is rounded to the
/// type once, for the matrix units.
struct Arguments {
  Type type = Type::float16;
  int batch = 0, height = 0, width = 0;
  /// C: a multiple of 16 up to kMAX_CHANNELS. D: a multiple of 64. K: up to kMAX_CLASSES.
  int channels = 0, inner = 0, classes = 0;
  /// [batch, height, width, C].
  const void* feature = nullptr;
  Map map[kMAPS];
  /// [D, C], [D], [K, D], [K], all of the type.
  const void* weight = nullptr;
  const void* bias = nullptr;
  const void* classifier = nullptr;
  const void* classifierBias = nullptr;
  /// [batch, K, height, width].
  void* logits = nullptr;
};

/// Whether sizes are ones that the kernel serves.
bool isServed(int channels, int inner, int classes);

/// Puts one kernel on the stream: no allocation, no synchronisation, fit for capture into a graph.
///
/// @return cudaErrorInvalidValue for sizes that are not served, else what the launch said
cudaError_t launchDecodeHead(const Arguments& arguments, cudaStream_t stream);

}  // namespace maskforge::decodehead
