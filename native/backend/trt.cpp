#include "trt.h"

#include "maskforge/cuda_probe.h"

namespace maskforge {

std::string TrtApi::version() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

DataType fromTrt(nvinfer1::DataType type) noexcept {
  switch (type) {
    case nvinfer1::DataType::kFLOAT: return DataType::float32;
    case nvinfer1::DataType::kHALF: return DataType::float16;
    case nvinfer1::DataType::kBF16: return DataType::bfloat16;
    case nvinfer1::DataType::kFP8: return DataType::float8;
    case nvinfer1::DataType::kINT8: return DataType::int8;
    case nvinfer1::DataType::kUINT8: return DataType::uint8;
    case nvinfer1::DataType::kINT32: return DataType::int32;
    case nvinfer1::DataType::kINT64: return DataType::int64;
    case nvinfer1::DataType::kBOOL: return DataType::boolean;
    case nvinfer1::DataType::kINT4: return DataType::int4;
    default: return DataType::unknown;
  }
}

nvinfer1::DataType toTrt(DataType type) noexcept {
  switch (type) {
    case DataType::float16: return nvinfer1::DataType::kHALF;
    case DataType::bfloat16: return nvinfer1::DataType::kBF16;
    case DataType::float8: return nvinfer1::DataType::kFP8;
    case DataType::int8: return nvinfer1::DataType::kINT8;
    case DataType::uint8: return nvinfer1::DataType::kUINT8;
    case DataType::int32: return nvinfer1::DataType::kINT32;
    case DataType::int64: return nvinfer1::DataType::kINT64;
    case DataType::boolean: return nvinfer1::DataType::kBOOL;
    case DataType::int4: return nvinfer1::DataType::kINT4;
    default: return nvinfer1::DataType::kFLOAT;
  }
}

Dims fromTrt(const nvinfer1::Dims& dims) {
  return dims.nbDims <= 0 ? Dims{} : Dims(dims.d, dims.d + dims.nbDims);
}

nvinfer1::Dims toTrt(const Dims& dims) {
  if (dims.size() > nvinfer1::Dims::MAX_DIMS) {
    throw Error("INTERNAL_LIMIT", "TensorRT has " + std::to_string(nvinfer1::Dims::MAX_DIMS) +
                                      " axes at most; the shape " + shapeText(dims) + " has more.");
  }
  nvinfer1::Dims result{};
  result.nbDims = static_cast<int32_t>(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i) result.d[i] = dims[i];
  return result;
}

std::string shapeText(const Dims& dims) {
  if (dims.empty()) return "scalar";
  std::string text;
  for (const std::int64_t size : dims) {
    if (!text.empty()) text += 'x';
    text += size < 0 ? std::string("?") : std::to_string(size);
  }
  return text;
}

const char* cudaErrorCode(cudaError_t result) noexcept {
  switch (result) {
    case cudaErrorMemoryAllocation: return "DEVICE_OUT_OF_MEMORY";
    case cudaErrorInsufficientDriver: return "DRIVER_TOO_OLD";
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice: return "NO_DEVICE";
    // These stay: every later call in this process fails as well.
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorAssert:
#if CUDART_VERSION >= 13000
    case cudaErrorTensorMemoryLeak:
    case cudaErrorContained:
#endif
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorECCUncorrectable: return "DEVICE_LOST";
    default: return "CUDA_FAILED";
  }
}

void checkCuda(cudaError_t result, const std::string& doing) {
  if (result == cudaSuccess) return;
  // Clears the error of this thread where it is one that can be cleared.
  cudaGetLastError();
  throw Error(cudaErrorCode(result), "CUDA failed while " + doing + ": " + cudaGetErrorString(result) + " (" +
                                         cudaGetErrorName(result) + ").");
}

void requireDevice(int device) {
  const CudaReport report = probeCuda();
  if (report.devices.empty()) throw Error("NO_DEVICE", report.reason);
  if (device < 0 || device >= static_cast<int>(report.devices.size())) {
    throw Error("NO_DEVICE", "There is no GPU with the number " + std::to_string(device) + "; this machine shows " +
                                 std::to_string(report.devices.size()) + ".");
  }
  checkCuda(cudaSetDevice(device), "choosing the GPU " + std::to_string(device));
  // Some versions of TensorRT end the process where the device was lost before: this fails first.
  checkCuda(cudaFree(nullptr), "opening the GPU " + std::to_string(device));
}

}  // namespace maskforge
