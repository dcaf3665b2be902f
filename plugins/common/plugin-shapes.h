// Shapes while a network is put together, and as text for messages.
#pragma once

#include <string>

#include "plugin-headers.h"

namespace maskforge {

inline std::string text(const nvinfer1::Dims& dims) {
  std::string result = "[";
  for (std::int32_t i = 0; i < dims.nbDims; ++i) result += (i == 0 ? "" : ", ") + std::to_string(dims.d[i]);
  return result + "]";
}

/// What is known of symbolic sizes: -1 for the rest.
inline nvinfer1::Dims known(const nvinfer1::DimsExprs& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims = shape.nbDims;
  for (std::int32_t i = 0; i < shape.nbDims; ++i)
    dims.d[i] = shape.d[i] != nullptr && shape.d[i]->isConstant() ? shape.d[i]->getConstantValue() : -1;
  return dims;
}

inline bool couldBeEqual(std::int64_t one, std::int64_t other) { return one < 0 || other < 0 || one == other; }

/// Types that our kernels take.
inline bool isTaken(nvinfer1::DataType type) {
  return type == nvinfer1::DataType::kFLOAT || type == nvinfer1::DataType::kHALF || type == nvinfer1::DataType::kBF16;
}

}  // namespace maskforge
