#include "layer-norm-plugin.h"

#include <new>

#include "plugin-shapes.h"

namespace maskforge {
namespace {

using nvinfer1::DataType;
using nvinfer1::Dims;

Element elementOf(DataType type) {
  if (type == DataType::kHALF) return Element::float16;
  return type == DataType::kBF16 ? Element::bfloat16 : Element::float32;
}

}  // namespace

nvinfer1::IPluginV3* LayerNormPlugin::clone() noexcept { return new (std::nothrow) LayerNormPlugin(settings_); }

const char* LayerNormPlugin::getPluginName() const noexcept {
  return settings_.residual ? "AddLayerNorm" : "LayerNorm";
}

std::int32_t LayerNormPlugin::refuse(const char* where, const std::string& why) const noexcept {
  logError(std::string(getPluginName()) + "::" + where + ": " + why);
  return kREFUSED;
}

std::int32_t LayerNormPlugin::getOutputDataTypes(DataType* outputTypes, std::int32_t outputs,
                                                 const DataType* inputTypes, std::int32_t inputs) const noexcept {
  if (inputs != inputCount() || outputs != getNbOutputs())
    return refuse("getOutputDataTypes", "wrong number of tensors");
  for (std::int32_t i = 0; i < outputs; ++i) outputTypes[i] = inputTypes[0];
  return 0;
}

/// Sizes of -1 are not known yet and pass. `dims`: of all inputs.
std::int32_t LayerNormPlugin::checkShapes(const char* where, const Dims* const* dims) const noexcept {
  return guarded<std::int32_t>(getPluginName(), kREFUSED, [&] {
    const Dims& x = *dims[0];
    if (x.nbDims < 1) return refuse(where, "a number by itself has no axis to normalise over");
    if (settings_.axis != -1 && settings_.axis != x.nbDims - 1)
      return refuse(where, "axis " + std::to_string(settings_.axis) + " is not the last of " + text(x));
    const std::int64_t width = x.d[x.nbDims - 1];
    if (width > kMAX_WIDTH || width == 0)
      return refuse(where, "rows of " + text(x) + " are not 1 to " + std::to_string(kMAX_WIDTH) + " wide");
    const std::int32_t parameters = settings_.residual ? 2 : 1;
    if (settings_.residual) {
      bool same = dims[1]->nbDims == x.nbDims;
      for (std::int32_t i = 0; same && i < x.nbDims; ++i) same = couldBeEqual(dims[1]->d[i], x.d[i]);
      if (!same) return refuse(where, "cannot add " + text(*dims[1]) + " to " + text(x));
    }
    for (std::int32_t i = parameters; i < parameters + 2; ++i) {
      if (dims[i]->nbDims != 1 || !couldBeEqual(dims[i]->d[0], width))
        return refuse(where, "gamma or beta of " + text(*dims[i]) + " does not suit rows of " + text(x));
    }
    return std::int32_t{0};
  });
}

std::int32_t LayerNormPlugin::getOutputShapes(const nvinfer1::DimsExprs* inputShapes, std::int32_t inputs,
                                              const nvinfer1::DimsExprs*, std::int32_t,
                                              nvinfer1::DimsExprs* outputShapes, std::int32_t outputs,
                                              nvinfer1::IExprBuilder&) noexcept {
  if (inputs != inputCount() || outputs != getNbOutputs()) return refuse("getOutputShapes", "wrong number of tensors");
  std::array<Dims, 4> dims{};
  std::array<const Dims*, 4> pointers{};
  for (std::int32_t i = 0; i < inputs; ++i) {
    dims[static_cast<std::size_t>(i)] = known(inputShapes[i]);
    pointers[static_cast<std::size_t>(i)] = &dims[static_cast<std::size_t>(i)];
  }
  const std::int32_t status = checkShapes("getOutputShapes", pointers.data());
  for (std::int32_t i = 0; status == 0 && i < outputs; ++i) outputShapes[i] = inputShapes[0];
  return status;
}

bool LayerNormPlugin::supportsFormatCombination(std::int32_t position, const nvinfer1::DynamicPluginTensorDesc* tensors,
                                                std::int32_t inputs, std::int32_t outputs) noexcept {
  if (inputs != inputCount() || outputs != getNbOutputs() || position < 0 || position >= inputs + outputs) return false;
  const nvinfer1::PluginTensorDesc& tensor = tensors[position].desc;
  if (tensor.format != nvinfer1::TensorFormat::kLINEAR) return false;
  const DataType type = tensors[0].desc.type;
  const std::int32_t gamma = inputs - 2, beta = inputs - 1;
  if (position == 0) return isTaken(type);
  if (position == gamma) return tensor.type == type || tensor.type == DataType::kFLOAT;
  if (position == beta) return tensor.type == tensors[gamma].desc.type;
  return tensor.type == type;
}

std::int32_t LayerNormPlugin::configurePlugin(const nvinfer1::DynamicPluginTensorDesc* in, std::int32_t inputs,
                                              const nvinfer1::DynamicPluginTensorDesc*, std::int32_t outputs) noexcept {
  if (inputs != inputCount() || outputs != getNbOutputs()) return refuse("configurePlugin", "wrong number of tensors");
  std::array<const Dims*, 4> largest{};
  for (std::int32_t i = 0; i < inputs; ++i) largest[static_cast<std::size_t>(i)] = &in[i].max;
  return checkShapes("configurePlugin", largest.data());
}

std::int32_t LayerNormPlugin::onShapeChange(const nvinfer1::PluginTensorDesc* in, std::int32_t inputs,
                                            const nvinfer1::PluginTensorDesc*, std::int32_t outputs) noexcept {
  if (inputs != inputCount() || outputs != getNbOutputs()) return refuse("onShapeChange", "wrong number of tensors");
  std::array<const Dims*, 4> dims{};
  for (std::int32_t i = 0; i < inputs; ++i) dims[static_cast<std::size_t>(i)] = &in[i].dims;
  multiprocessors_ = multiprocessorsOfDevice();
  return checkShapes("onShapeChange", dims.data());
}

std::int32_t LayerNormPlugin::enqueue(const nvinfer1::PluginTensorDesc* inputDescriptions,
                                      const nvinfer1::PluginTensorDesc*, const void* const* inputs,
                                      void* const* outputs, void*, cudaStream_t stream) noexcept {
  const Dims& dims = inputDescriptions[0].dims;
  LayerNormArguments arguments;
  arguments.rows = 1;
  for (std::int32_t i = 0; i + 1 < dims.nbDims; ++i) arguments.rows *= dims.d[i];
  const std::int64_t width = dims.nbDims < 1 ? 0 : dims.d[dims.nbDims - 1];
  arguments.width = width > kMAX_WIDTH ? 0 : static_cast<std::int32_t>(width);
  const std::int32_t gamma = inputCount() - 2;
  arguments.input = inputs[0];
  arguments.residual = settings_.residual ? inputs[1] : nullptr;
  arguments.gamma = inputs[gamma];
  arguments.beta = inputs[gamma + 1];
  arguments.sum = settings_.residual ? outputs[0] : nullptr;
  arguments.output = outputs[settings_.residual ? 1 : 0];
  arguments.epsilon = settings_.epsilon;
  arguments.element = elementOf(inputDescriptions[0].type);
  arguments.floatParameters = inputDescriptions[gamma].type == DataType::kFLOAT;
  const cudaError_t status = launchLayerNorm(arguments, multiprocessors_, stream);
  if (status == cudaSuccess) return 0;
  guarded<std::int32_t>(getPluginName(), kREFUSED, [&] {
    return refuse("enqueue", std::string(cudaGetErrorName(status)) + " for " + text(dims));
  });
  return static_cast<std::int32_t>(status);
}

const nvinfer1::PluginFieldCollection* LayerNormPlugin::getFieldsToSerialize() noexcept {
  serialised_[0] = {"epsilon", &settings_.epsilon, nvinfer1::PluginFieldType::kFLOAT32, 1};
  serialised_[1] = {"axis", &settings_.axis, nvinfer1::PluginFieldType::kINT32, 1};
  collection_.nbFields = static_cast<std::int32_t>(serialised_.size());
  collection_.fields = serialised_.data();
  return &collection_;
}

}  // namespace maskforge
