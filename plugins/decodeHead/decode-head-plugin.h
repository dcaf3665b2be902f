// `maskforge::DecodeHead(feature, map0, map1, map2, weight, bias, classifier, classifier_bias) -> logits` for TensorRT:
// the end of a SegFormer's decode head, see decode-head-launch.h.
//
// All tensors have one type, FP16 or (from compute capability 8.0 on) BF16; arithmetic is FP32. Maps lie with their
// channels innermost, as TensorRT's own convolutions leave them.
#pragma once

#include "decode-head-launch.h"
#include "plugin-base.h"

namespace maskforge {

class DecodeHeadPlugin final : public PluginBase {
 public:
  nvinfer1::IPluginV3* clone() noexcept override;
  const char* getPluginName() const noexcept override { return "DecodeHead"; }

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
  const nvinfer1::PluginFieldCollection* getFieldsToSerialize() noexcept override { return &collection_; }

 private:
  /// All that it needs to know lies in its inputs' shapes.
  nvinfer1::PluginFieldCollection collection_{};
};

/// Throws std::exception for fields that do not fit.
nvinfer1::IPluginV3* makeDecodeHead(const nvinfer1::PluginFieldCollection* fields);

}  // namespace maskforge
