// TensorRT as one family's headers declare it, and what every file of the backend needs of it. Compiled once for each
// family: MASKFORGE_FAMILY_10, MASKFORGE_FAMILY_11 or MASKFORGE_FAMILY_RTX is defined by the build.
#pragma once

#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <cuda_runtime_api.h>

#include <memory>
#include <string>

#include "logger.h"
#include "maskforge/error.h"
#include "maskforge/types.h"

#if defined(MASKFORGE_FAMILY_10)
#define MASKFORGE_FAMILY ::maskforge::Family::tensorrt10
#elif defined(MASKFORGE_FAMILY_11)
#define MASKFORGE_FAMILY ::maskforge::Family::tensorrt11
#elif defined(MASKFORGE_FAMILY_RTX)
#define MASKFORGE_FAMILY ::maskforge::Family::tensorrtRtx
#else
#error "Define the family that this backend is compiled for."
#endif

namespace maskforge {

constexpr Family kFAMILY = MASKFORGE_FAMILY;

/// The functions of the libraries found, by symbol. Inline functions of TensorRT's headers such as createInferBuilder
/// must not be called: they need the libraries at link time.
struct TrtApi {
  void* (*createBuilder)(void* logger, int32_t version) = nullptr;
  void* (*createRuntime)(void* logger, int32_t version) = nullptr;
  nvinfer1::IPluginRegistry* (*pluginRegistry)() = nullptr;
  /// Null until a parser was opened.
  void* (*createParser)(void* network, void* logger, int version) = nullptr;
  int major = 0, minor = 0, patch = 0, build = 0;
  std::string runtimePath, parserPath;

  bool atLeast(int wantedMajor, int wantedMinor) const noexcept {
    return major != wantedMajor ? major > wantedMajor : minor >= wantedMinor;
  }
  std::string version() const;
};

DataType fromTrt(nvinfer1::DataType type) noexcept;
/// Unknown types become float32.
nvinfer1::DataType toTrt(DataType type) noexcept;
Dims fromTrt(const nvinfer1::Dims& dims);
/// @throws Error INTERNAL_LIMIT for more axes than TensorRT has
nvinfer1::Dims toTrt(const Dims& dims);
/// Such as 1x3x512x512.
std::string shapeText(const Dims& dims);

/// The code that a CUDA failure gets: DEVICE_OUT_OF_MEMORY, DRIVER_TOO_OLD, NO_DEVICE, DEVICE_LOST (the context is dead
/// until the process ends) or CUDA_FAILED.
const char* cudaErrorCode(cudaError_t result) noexcept;
/// @param doing completes "While …", such as "copying a mask from the device"
/// @throws Error with `cudaErrorCode`
void checkCuda(cudaError_t result, const std::string& doing);

/// @throws Error NO_DEVICE, DRIVER_TOO_OLD: before anything of TensorRT 10 and 11 is touched, which crash without a
///   device. Makes `device` the current one of this thread.
void requireDevice(int device);

}  // namespace maskforge
