#include "layer-norm-dispatch.cuh"

namespace maskforge {

cudaError_t startFloat16(const Launch& launch) {
  return launch.arguments.floatParameters ? startLayerNorm<__half, float>(launch)
                                          : startLayerNorm<__half, __half>(launch);
}

}  // namespace maskforge
