#include "layer-norm-launch.h"

#include <cmath>

#include "layer-norm-dispatch.cuh"

namespace maskforge {
namespace {

bool isComplete(const LayerNormArguments& a) {
  const bool pointers = a.input != nullptr && a.gamma != nullptr && a.beta != nullptr && a.output != nullptr &&
                        (a.residual == nullptr) == (a.sum == nullptr);
  const bool numbers =
      a.rows >= 0 && a.width >= 1 && a.width <= kMAX_WIDTH && a.epsilon > 0 && std::isfinite(a.epsilon);
  return pointers && numbers;
}

}  // namespace

cudaError_t launchLayerNorm(const LayerNormArguments& arguments, int multiprocessors, cudaStream_t stream) {
  if (arguments.rows == 0) return cudaSuccess;
  if (!isComplete(arguments)) return cudaErrorInvalidValue;
  const Launch launch{arguments, multiprocessors, stream};
  switch (arguments.element) {
    case Element::float32: return startFloat32(launch);
    case Element::float16: return startFloat16(launch);
    case Element::bfloat16: return startBfloat16(launch);
  }
  return cudaErrorInvalidValue;
}

}  // namespace maskforge
