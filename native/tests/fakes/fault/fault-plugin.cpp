// `maskforge::Fault(x) -> x` for TensorRT, FP32 or FP16: passes its input on and, for a white picture, writes to an illegal
// address. From then on every call of CUDA fails in that process, as after a fault in a kernel that is meant to work.
#include <new>

#include "fault-launch.h"
#include "plugin-exports.h"
#include "plugin-fields.h"

namespace maskforge {
namespace {

using nvinfer1::DataType;

class FaultPlugin final : public PluginBase {
 public:
  nvinfer1::IPluginV3* clone() noexcept override { return new (std::nothrow) FaultPlugin(); }
  const char* getPluginName() const noexcept override { return "Fault"; }
  std::int32_t getNbOutputs() const noexcept override { return 1; }

  std::int32_t getOutputDataTypes(DataType* outputTypes, std::int32_t outputs, const DataType* inputTypes,
                                  std::int32_t inputs) const noexcept override {
    if (inputs != 1 || outputs != 1) return kREFUSED;
    outputTypes[0] = inputTypes[0];
    return 0;
  }

  std::int32_t getOutputShapes(const nvinfer1::DimsExprs* inputShapes, std::int32_t inputs, const nvinfer1::DimsExprs*,
                               std::int32_t, nvinfer1::DimsExprs* outputShapes, std::int32_t outputs,
                               nvinfer1::IExprBuilder&) noexcept override {
    if (inputs != 1 || outputs != 1) return kREFUSED;
    outputShapes[0] = inputShapes[0];
    return 0;
  }

  bool supportsFormatCombination(std::int32_t position, const nvinfer1::DynamicPluginTensorDesc* tensors, std::int32_t,
                                 std::int32_t) noexcept override {
    const nvinfer1::PluginTensorDesc& tensor = tensors[position].desc;
    if (tensor.format != nvinfer1::TensorFormat::kLINEAR) return false;
    if (position == 1) return tensor.type == tensors[0].desc.type;
    return tensor.type == DataType::kFLOAT || tensor.type == DataType::kHALF;
  }

  std::int32_t configurePlugin(const nvinfer1::DynamicPluginTensorDesc*, std::int32_t,
                               const nvinfer1::DynamicPluginTensorDesc*, std::int32_t) noexcept override {
    return 0;
  }

  std::int32_t onShapeChange(const nvinfer1::PluginTensorDesc*, std::int32_t, const nvinfer1::PluginTensorDesc*,
                             std::int32_t) noexcept override {
    return 0;
  }

  std::int32_t enqueue(const nvinfer1::PluginTensorDesc* in, const nvinfer1::PluginTensorDesc*,
                       const void* const* inputs, void* const* outputs, void*, cudaStream_t stream) noexcept override {
    std::int64_t count = 1;
    for (std::int32_t i = 0; i < in[0].dims.nbDims; ++i) count *= in[0].dims.d[i];
    return static_cast<std::int32_t>(
        launchFault(inputs[0], outputs[0], count, in[0].type == DataType::kHALF, stream));
  }

  const nvinfer1::PluginFieldCollection* getFieldsToSerialize() noexcept override { return &none_; }

 private:
  nvinfer1::PluginFieldCollection none_{};
};

nvinfer1::IPluginV3* make(const nvinfer1::PluginFieldCollection* fields) {
  // Refuses fields that it does not know.
  const FieldReader reader("Fault", fields, {});
  return new FaultPlugin();
}

}  // namespace

std::vector<nvinfer1::IPluginCreatorInterface*>& pluginCreators() {
  static Creator fault("Fault", {}, make);
  static std::vector<nvinfer1::IPluginCreatorInterface*> creators{&fault};
  return creators;
}

}  // namespace maskforge
