#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace maskforge {

/// Values above this, in each of the first kFAULT_VALUES elements, make the kernel write where it may not. A white
/// picture does, normalised with any usual mean; what TensorRT fills buffers with to time a network does not.
constexpr float kFAULT_ABOVE = 1.5f;
constexpr std::int64_t kFAULT_VALUES = 64;

/// Copies `count` elements of FP32, or FP16 if `half`; fewer than kFAULT_VALUES never fault.
cudaError_t launchFault(const void* input, void* output, std::int64_t count, bool half, cudaStream_t stream);

}  // namespace maskforge
