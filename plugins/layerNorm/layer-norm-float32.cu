#include "layer-norm-dispatch.cuh"

namespace maskforge {

cudaError_t startFloat32(const Launch& launch) { return startLayerNorm<float, float>(launch); }

}  // namespace maskforge
