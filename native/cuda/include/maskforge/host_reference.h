// The kernels' arithmetic on the processor: the very functions that run on the device, compiled for the host. Needs
// neither CUDA nor a GPU; slow, and meant for tests. Link `maskforge_host_reference`.
#pragma once

#include <cstdint>
#include <vector>

#include "maskforge/session.h"
#include "maskforge/types.h"

namespace maskforge {

/// Bytes from the first to one past the last that belong to the frame (both planes for NV12).
std::size_t frameBytes(const Frame& frame);

/// The smallest stride that the format allows: width x 3, width x 4, or the width rounded up to even for NV12.
std::size_t smallestStride(PixelFormat format, int width);

/// What the device would write into the network's input: one tensor (batch 1) for each tile of the placement.
/// The element's size follows from the tables: 1 (uint8), 2 (float16) or 4 bytes (float32).
/// @throws Error INVALID_ARGUMENT where frame, placement and tables do not belong together
std::vector<std::vector<std::uint8_t>> hostPreprocess(const Frame& frame, const Placement& placement,
                                                      const Normalisation& normalisation);

/// What a network gave, in host memory.
struct OutputView {
  const void* data = nullptr;
  std::size_t bytes = 0;
  /// float32, float16, bfloat16: logits. uint8, int8, int32, int64: class ids.
  DataType type = DataType::float32;
  /// For logits: N x H x W x C instead of N x C x H x W.
  bool nhwc = false;
  /// Logits: four dimensions. Ids: N x H x W or N x 1 x H x W. N is the number of tiles.
  Dims dims;
};

struct HostMask {
  /// maskWidth x maskHeight ids, of two bytes (little endian) if wide.
  std::vector<std::uint8_t> mask;
  /// The winner's softmax probability as a byte; empty for class ids.
  std::vector<std::uint8_t> probability;
  /// 1 where a logit that the mask follows from is NaN or positive infinity.
  std::uint8_t notFinite = 0;
};

/// What the device would make of a network's output for one picture.
/// @throws Error INVALID_ARGUMENT, OUTPUT_UNSUPPORTED
HostMask hostPostprocess(const OutputView& output, const Placement& placement, bool wideIds);

}  // namespace maskforge
