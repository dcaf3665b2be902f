#include "layer-norm-dispatch.cuh"

namespace maskforge {

cudaError_t startBfloat16(const Launch& launch) {
  return launch.arguments.floatParameters ? startLayerNorm<__nv_bfloat16, float>(launch)
                                          : startLayerNorm<__nv_bfloat16, __nv_bfloat16>(launch);
}

}  // namespace maskforge
