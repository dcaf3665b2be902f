#include "depthwise-gelu-plugin.h"

#include <limits>
#include <new>

#include "plugin-shapes.h"

namespace maskforge {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

constexpr std::int32_t kINPUTS = 3;

DepthwiseElement elementOf(DataType type) {
  if (type == DataType::kHALF) return DepthwiseElement::float16;
  return type == DataType::kBF16 ? DepthwiseElement::bfloat16 : DepthwiseElement::float32;
}

}  // namespace

nvinfer1::IPluginV3* DepthwiseGeluPlugin::clone() noexcept { return new (std::nothrow) DepthwiseGeluPlugin(); }

std::int32_t DepthwiseGeluPlugin::refuse(const char* where, const std::string& why) const noexcept {
  logError(std::string(getPluginName()) + "::" + where + ": " + why);
  return kREFUSED;
}

/// Sizes of -1 are not known yet and pass.
std::int32_t DepthwiseGeluPlugin::checkShapes(const char* where, const std::array<Dims, 3>& dims) const noexcept {
  return guarded<std::int32_t>(getPluginName(), kREFUSED, [&] {
    const auto& [x, weight, bias] = dims;
    if (x.nbDims != 4) return refuse(where, "the input is " + text(x) + " instead of [N, H, W, C]");
    for (std::int32_t i = 0; i < 4; ++i) {
      if (x.d[i] > std::numeric_limits<std::int32_t>::max()) return refuse(where, text(x) + " is too large");
    }
    if (weight.nbDims != 2 || !couldBeEqual(weight.d[0], 9) || !couldBeEqual(weight.d[1], x.d[3]))
      return refuse(where, "a weight of " + text(weight) + " does not suit " + text(x) + ": [9, C] is wanted");
    if (bias.nbDims != 1 || !couldBeEqual(bias.d[0], x.d[3]))
      return refuse(where, "a bias of " + text(bias) + " does not suit " + text(x) + ": [C] is wanted");
    return std::int32_t{0};
  });
}

std::int32_t DepthwiseGeluPlugin::getOutputDataTypes(DataType* outputTypes, std::int32_t outputs,
                                                     const DataType* inputTypes, std::int32_t inputs) const noexcept {
  if (inputs != kINPUTS || outputs != 1) return refuse("getOutputDataTypes", "wrong number of tensors");
  outputTypes[0] = inputTypes[0];
  return 0;
}

std::int32_t DepthwiseGeluPlugin::getOutputShapes(const nvinfer1::DimsExprs* inputShapes, std::int32_t inputs,
                                                  const nvinfer1::DimsExprs*, std::int32_t,
                                                  nvinfer1::DimsExprs* outputShapes, std::int32_t outputs,
                                                  nvinfer1::IExprBuilder&) noexcept {
  if (inputs != kINPUTS || outputs != 1) return refuse("getOutputShapes", "wrong number of tensors");
  const std::int32_t status =
      checkShapes("getOutputShapes", {known(inputShapes[0]), known(inputShapes[1]), known(inputShapes[2])});
  if (status == 0) outputShapes[0] = inputShapes[0];
  return status;
}

bool DepthwiseGeluPlugin::supportsFormatCombination(std::int32_t position,
                                                    const nvinfer1::DynamicPluginTensorDesc* tensors,
                                                    std::int32_t inputs, std::int32_t outputs) noexcept {
  if (inputs != kINPUTS || outputs != 1 || position < 0 || position > kINPUTS) return false;
  const nvinfer1::PluginTensorDesc& tensor = tensors[position].desc;
  if (tensor.format != nvinfer1::TensorFormat::kLINEAR) return false;
  const DataType type = tensors[0].desc.type;
  switch (position) {
    case 0: return isTaken(type);
    case 1: return tensor.type == type || tensor.type == DataType::kFLOAT;
    case 2: return tensor.type == tensors[1].desc.type;
    default: return tensor.type == type;
  }
}

std::int32_t DepthwiseGeluPlugin::configurePlugin(const nvinfer1::DynamicPluginTensorDesc* in, std::int32_t inputs,
                                                  const nvinfer1::DynamicPluginTensorDesc*,
                                                  std::int32_t outputs) noexcept {
  if (inputs != kINPUTS || outputs != 1) return refuse("configurePlugin", "wrong number of tensors");
  return checkShapes("configurePlugin", {in[0].max, in[1].max, in[2].max});
}

std::int32_t DepthwiseGeluPlugin::onShapeChange(const nvinfer1::PluginTensorDesc* in, std::int32_t inputs,
                                                const nvinfer1::PluginTensorDesc*, std::int32_t outputs) noexcept {
  if (inputs != kINPUTS || outputs != 1) return refuse("onShapeChange", "wrong number of tensors");
  multiprocessors_ = multiprocessorsOfDevice();
  return checkShapes("onShapeChange", {in[0].dims, in[1].dims, in[2].dims});
}

std::int32_t DepthwiseGeluPlugin::enqueue(const nvinfer1::PluginTensorDesc* inputDescriptions,
                                          const nvinfer1::PluginTensorDesc*, const void* const* inputs,
                                          void* const* outputs, void*, cudaStream_t stream) noexcept {
  const Dims& dims = inputDescriptions[0].dims;
  DepthwiseGeluArguments arguments;
  arguments.input = inputs[0];
  arguments.weight = inputs[1];
  arguments.bias = inputs[2];
  arguments.output = outputs[0];
  if (dims.nbDims == 4) {
    arguments.batch = dims.d[0];
    arguments.height = static_cast<std::int32_t>(dims.d[1]);
    arguments.width = static_cast<std::int32_t>(dims.d[2]);
    arguments.channels = static_cast<std::int32_t>(dims.d[3]);
  }
  arguments.element = elementOf(inputDescriptions[0].type);
  arguments.floatParameters = inputDescriptions[1].type == DataType::kFLOAT;
  const cudaError_t status = launchDepthwiseGelu(arguments, multiprocessors_, stream);
  if (status == cudaSuccess) return 0;
  guarded<std::int32_t>(getPluginName(), kREFUSED, [&] {
    return refuse("enqueue", std::string(cudaGetErrorName(status)) + " for " + text(dims));
  });
  return static_cast<std::int32_t>(status);
}

}  // namespace maskforge
