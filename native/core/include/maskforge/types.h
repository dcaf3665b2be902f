// Plain values that the backends and their callers share. No TensorRT and no CUDA type appears here: enumerations of
// TensorRT have other numbers in each family, so each backend translates from these.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace maskforge {

enum class Family { tensorrt10, tensorrt11, tensorrtRtx };

enum class DataType { float32, float16, bfloat16, float8, int8, uint8, int32, int64, boolean, int4, unknown };

/// Bytes of one element; 0 for int4 and unknown.
constexpr std::size_t elementBytes(DataType type) {
  switch (type) {
    case DataType::float32:
    case DataType::int32: return 4;
    case DataType::float16:
    case DataType::bfloat16: return 2;
    case DataType::int64: return 8;
    case DataType::float8:
    case DataType::int8:
    case DataType::uint8:
    case DataType::boolean: return 1;
    default: return 0;
  }
}

enum class Severity { internalError, error, warning, info, verbose };

/// -1 stands for a size that is told at run time.
using Dims = std::vector<std::int64_t>;

struct TensorInfo {
  std::string name;
  bool isInput = false;
  DataType type = DataType::unknown;
  Dims dims;
};

/// One input's smallest, likeliest and largest shape.
struct ShapeRange {
  std::string name;
  Dims min, opt, max;
};

/// One optimisation profile: a range for each dynamic input.
using Profile = std::vector<ShapeRange>;

struct LibraryPaths {
  /// Absolute path of libnvinfer.so.N or libtensorrt_rtx.so.N.
  std::string runtime;
  /// Absolute path of the ONNX parser; empty where only engines are run.
  std::string parser;
};

}  // namespace maskforge
