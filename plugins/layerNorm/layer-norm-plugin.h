// `maskforge::LayerNorm(x, gamma, beta) -> y` and `maskforge::AddLayerNorm(x, residual, gamma, beta) -> sum, y` for
// TensorRT, normalising over the last axis, 1…4,096 wide.
//
// x, residual, sum and y have one type: FP32, FP16 or BF16. Gamma and beta are both of that type or both FP32, so that
// a strongly typed network needs no cast whichever its exporter chose. Arithmetic is FP32.
#pragma once

#include "layer-norm-launch.h"
#include "plugin-base.h"

namespace maskforge {

struct LayerNormSettings {
  bool residual = false;
  /// Greater than 0.
  float epsilon = 1e-5f;
  /// -1, or the last axis counted from the front.
  std::int32_t axis = -1;
};

class LayerNormPlugin final : public PluginBase {
 public:
  explicit LayerNormPlugin(const LayerNormSettings& settings) : settings_(settings) {}

  nvinfer1::IPluginV3* clone() noexcept override;
  const char* getPluginName() const noexcept override;

  std::int32_t getNbOutputs() const noexcept override { return settings_.residual ? 2 : 1; }
  std::int32_t getOutputDataTypes(nvinfer1::DataType* outputTypes, std::int32_t outputs,
                                  const nvinfer1::DataType* inputTypes, std::int32_t inputs) const noexcept override;
  std::int32_t getOutputShapes(const nvinfer1::DimsExprs* inputShapes, std::int32_t inputs,
                               const nvinfer1::DimsExprs* shapeInputs, std::int32_t shapeInputCount,
                               nvinfer1::DimsExprs* outputShapes, std::int32_t outputs,
                               nvinfer1::IExprBuilder& builder) noexcept override;
  bool supportsFormatCombination(std::int32_t position, const nvinfer1::DynamicPluginTensorDesc* tensors,
                                 std::int32_t inputs, std::int32_t outputs) noexcept override;
  std::int32_t configurePlugin(const nvinfer1::DynamicPluginTensorDesc* in, std::int32_t inputs,
                               const nvinfer1::DynamicPluginTensorDesc* out, std::int32_t outputs) noexcept override;

  std::int32_t onShapeChange(const nvinfer1::PluginTensorDesc* in, std::int32_t inputs,
                             const nvinfer1::PluginTensorDesc* out, std::int32_t outputs) noexcept override;
  std::int32_t enqueue(const nvinfer1::PluginTensorDesc* inputDescriptions,
                       const nvinfer1::PluginTensorDesc* outputDescriptions, const void* const* inputs,
                       void* const* outputs, void* workspace, cudaStream_t stream) noexcept override;
  const nvinfer1::PluginFieldCollection* getFieldsToSerialize() noexcept override;

 private:
  std::int32_t inputCount() const noexcept { return settings_.residual ? 4 : 3; }
  std::int32_t refuse(const char* where, const std::string& why) const noexcept;
  std::int32_t checkShapes(const char* where, const nvinfer1::Dims* const* dims) const noexcept;

  LayerNormSettings settings_;
  /// Asked for once, where the device is known to be current.
  int multiprocessors_ = 0;
  std::array<nvinfer1::PluginField, 2> serialised_{};
  nvinfer1::PluginFieldCollection collection_{};
};

/// Throws std::exception for fields that do not fit.
nvinfer1::IPluginV3* makeLayerNorm(const nvinfer1::PluginFieldCollection* fields);
nvinfer1::IPluginV3* makeAddLayerNorm(const nvinfer1::PluginFieldCollection* fields);

}  // namespace maskforge
