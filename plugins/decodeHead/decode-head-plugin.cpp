#include "decode-head-plugin.h"

#include <new>

#include "plugin-fields.h"

namespace maskforge {
namespace {

using decodehead::kMAPS;
using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::TensorFormat;

/// Positions of the inputs.
constexpr std::int32_t kFEATURE = 0;
constexpr std::int32_t kFIRST_MAP = 1;
constexpr std::int32_t kWEIGHT = kFIRST_MAP + kMAPS;
constexpr std::int32_t kBIAS = kWEIGHT + 1;
constexpr std::int32_t kCLASSIFIER = kWEIGHT + 2;
constexpr std::int32_t kCLASSIFIER_BIAS = kWEIGHT + 3;
constexpr std::int32_t kINPUTS = kWEIGHT + 4;
constexpr std::int32_t kOUTPUT = kINPUTS;

using InputDims = std::array<Dims, kINPUTS>;

std::int32_t refuse(const char* where, const std::string& why) noexcept {
  logError(std::string("DecodeHead::") + where + ": " + why);
  return kREFUSED;
}

bool areCounts(std::int32_t inputs, std::int32_t outputs) { return inputs == kINPUTS && outputs == 1; }

/// What is known of symbolic sizes while the network is put together: -1 for the rest.
Dims known(const nvinfer1::DimsExprs& shape) {
  Dims dims{};
  dims.nbDims = shape.nbDims;
  for (std::int32_t i = 0; i < shape.nbDims; ++i)
    dims.d[i] = shape.d[i] != nullptr && shape.d[i]->isConstant() ? shape.d[i]->getConstantValue() : -1;
  return dims;
}

std::string text(const Dims& dims) {
  std::string result = "[";
  for (std::int32_t i = 0; i < dims.nbDims; ++i) result += (i == 0 ? "" : ", ") + std::to_string(dims.d[i]);
  return result + "]";
}

bool couldBeEqual(std::int64_t one, std::int64_t other) { return one < 0 || other < 0 || one == other; }

/// Ranks first, so that every size that is read exists.
std::int32_t checkShapes(const char* where, const InputDims& dims) noexcept {
  return guarded<std::int32_t>("DecodeHead", kREFUSED, [&] {
    constexpr std::int32_t ranks[kINPUTS] = {4, 4, 4, 4, 2, 1, 2, 1};
    for (std::int32_t i = 0; i < kINPUTS; ++i)
      if (dims[i].nbDims != ranks[i])
        return refuse(where, "input " + std::to_string(i) + " is " + text(dims[i]) + ", not of rank " + std::to_string(ranks[i]));
    const std::int64_t inner = dims[kWEIGHT].d[0], channels = dims[kWEIGHT].d[1], classes = dims[kCLASSIFIER].d[0];
    if (!decodehead::isServed(static_cast<int>(channels), static_cast<int>(inner), static_cast<int>(classes)))
      return refuse(where, std::to_string(channels) + " channels, " + std::to_string(inner) + " inner channels and " +
                               std::to_string(classes) + " classes are more than the kernel serves, or no multiples");
    bool fits = couldBeEqual(dims[kFEATURE].d[1], channels) && couldBeEqual(dims[kBIAS].d[0], inner) &&
                couldBeEqual(dims[kCLASSIFIER].d[1], inner) && couldBeEqual(dims[kCLASSIFIER_BIAS].d[0], classes);
    for (std::int32_t m = kFIRST_MAP; m < kFIRST_MAP + kMAPS; ++m)
      fits = fits && couldBeEqual(dims[m].d[1], inner) && couldBeEqual(dims[m].d[0], dims[kFEATURE].d[0]);
    return fits ? std::int32_t{0} : refuse(where, "sizes of the inputs do not suit each other");
  });
}

}  // namespace

nvinfer1::IPluginV3* DecodeHeadPlugin::clone() noexcept { return new (std::nothrow) DecodeHeadPlugin(); }

std::int32_t DecodeHeadPlugin::getOutputDataTypes(DataType* outputTypes, std::int32_t outputs,
                                                  const DataType* inputTypes, std::int32_t inputs) const noexcept {
  if (!areCounts(inputs, outputs)) return refuse("getOutputDataTypes", "wrong number of tensors");
  outputTypes[0] = inputTypes[kFEATURE];
  return 0;
}

std::int32_t DecodeHeadPlugin::getOutputShapes(const nvinfer1::DimsExprs* inputShapes, std::int32_t inputs,
                                               const nvinfer1::DimsExprs*, std::int32_t,
                                               nvinfer1::DimsExprs* outputShapes, std::int32_t outputs,
                                               nvinfer1::IExprBuilder&) noexcept {
  if (!areCounts(inputs, outputs)) return refuse("getOutputShapes", "wrong number of tensors");
  InputDims dims{};
  for (std::int32_t i = 0; i < kINPUTS; ++i) dims[i] = known(inputShapes[i]);
  const std::int32_t status = checkShapes("getOutputShapes", dims);
  if (status != 0) return status;
  outputShapes[0] = inputShapes[kFEATURE];
  outputShapes[0].d[1] = inputShapes[kCLASSIFIER].d[0];
  return 0;
}

bool DecodeHeadPlugin::supportsFormatCombination(std::int32_t position,
                                                 const nvinfer1::DynamicPluginTensorDesc* tensors, std::int32_t inputs,
                                                 std::int32_t outputs) noexcept {
  if (!areCounts(inputs, outputs) || position < 0 || position > kOUTPUT) return false;
  const nvinfer1::PluginTensorDesc& tensor = tensors[position].desc;
  const bool isMap = position < kWEIGHT;
  if (tensor.format != (isMap ? TensorFormat::kHWC8 : TensorFormat::kLINEAR)) return false;
  if (position == kFEATURE) return tensor.type == DataType::kHALF || tensor.type == DataType::kBF16;
  return tensor.type == tensors[kFEATURE].desc.type;
}

std::int32_t DecodeHeadPlugin::configurePlugin(const nvinfer1::DynamicPluginTensorDesc* in, std::int32_t inputs,
                                               const nvinfer1::DynamicPluginTensorDesc*, std::int32_t outputs) noexcept {
  if (!areCounts(inputs, outputs)) return refuse("configurePlugin", "wrong number of tensors");
  InputDims dims{};
  for (std::int32_t i = 0; i < kINPUTS; ++i) dims[i] = in[i].max;
  return checkShapes("configurePlugin", dims);
}

std::int32_t DecodeHeadPlugin::onShapeChange(const nvinfer1::PluginTensorDesc* in, std::int32_t inputs,
                                             const nvinfer1::PluginTensorDesc*, std::int32_t outputs) noexcept {
  if (!areCounts(inputs, outputs)) return refuse("onShapeChange", "wrong number of tensors");
  InputDims dims{};
  for (std::int32_t i = 0; i < kINPUTS; ++i) dims[i] = in[i].dims;
  return checkShapes("onShapeChange", dims);
}

std::int32_t DecodeHeadPlugin::enqueue(const nvinfer1::PluginTensorDesc* inputs,
                                       const nvinfer1::PluginTensorDesc*, const void* const* data,
                                       void* const* outputs, void*, cudaStream_t stream) noexcept {
  decodehead::Arguments arguments;
  const Dims& feature = inputs[kFEATURE].dims;
  arguments.type = inputs[kFEATURE].type == DataType::kHALF ? decodehead::Type::float16 : decodehead::Type::bfloat16;
  arguments.batch = static_cast<int>(feature.d[0]);
  arguments.channels = static_cast<int>(feature.d[1]);
  arguments.height = static_cast<int>(feature.d[2]);
  arguments.width = static_cast<int>(feature.d[3]);
  arguments.inner = static_cast<int>(inputs[kWEIGHT].dims.d[0]);
  arguments.classes = static_cast<int>(inputs[kCLASSIFIER].dims.d[0]);
  arguments.feature = data[kFEATURE];
  for (std::int32_t m = 0; m < kMAPS; ++m) {
    const Dims& map = inputs[kFIRST_MAP + m].dims;
    arguments.map[m] = {data[kFIRST_MAP + m], static_cast<int>(map.d[2]), static_cast<int>(map.d[3])};
  }
  arguments.weight = data[kWEIGHT];
  arguments.bias = data[kBIAS];
  arguments.classifier = data[kCLASSIFIER];
  arguments.classifierBias = data[kCLASSIFIER_BIAS];
  arguments.logits = outputs[0];
  const cudaError_t status = decodehead::launchDecodeHead(arguments, stream);
  if (status == cudaSuccess) return 0;
  guarded<std::int32_t>("DecodeHead", kREFUSED,
                        [&] { return refuse("enqueue", std::string(cudaGetErrorName(status)) + " for " + text(feature)); });
  return static_cast<std::int32_t>(status);
}

nvinfer1::IPluginV3* makeDecodeHead(const nvinfer1::PluginFieldCollection* fields) {
  const FieldReader reader("DecodeHead", fields, {});
  return new DecodeHeadPlugin();
}

}  // namespace maskforge
