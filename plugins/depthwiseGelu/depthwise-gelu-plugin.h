// `maskforge::DepthwiseGelu(x, weight, bias) -> y` for TensorRT: x and y [N, H, W, C] of one type, FP32, FP16 or BF16;
// weight [9, C] and bias [C] both of that type or both FP32. Arithmetic is FP32.
#pragma once

#include "depthwise-gelu-launch.h"
#include "plugin-base.h"

namespace maskforge {

class DepthwiseGeluPlugin final : public PluginBase {
 public:
  nvinfer1::IPluginV3* clone() noexcept override;
  const char* getPluginName() const noexcept override { return "DepthwiseGelu"; }

  std::int32_t getNbOutputs() const noexcept override { return 1; }
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
  const nvinfer1::PluginFieldCollection* getFieldsToSerialize() noexcept override { return &noFields_; }

 private:
  std::int32_t refuse(const char* where, const std::string& why) const noexcept;
  std::int32_t checkShapes(const char* where, const std::array<nvinfer1::Dims, 3>& dims) const noexcept;

  int multiprocessors_ = 0;
  nvinfer1::PluginFieldCollection noFields_{};
};

}  // namespace maskforge
