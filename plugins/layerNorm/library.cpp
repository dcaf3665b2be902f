#include "layer-norm-plugin.h"
#include "plugin-exports.h"

namespace maskforge {
namespace {

std::vector<nvinfer1::PluginField> fields() {
  using nvinfer1::PluginFieldType;
  return {{"epsilon", nullptr, PluginFieldType::kFLOAT32, 1}, {"axis", nullptr, PluginFieldType::kINT32, 1}};
}

}  // namespace

std::vector<nvinfer1::IPluginCreatorInterface*>& pluginCreators() {
  static Creator layerNorm("LayerNorm", fields(), makeLayerNorm);
  static Creator addLayerNorm("AddLayerNorm", fields(), makeAddLayerNorm);
  static std::vector<nvinfer1::IPluginCreatorInterface*> creators{&layerNorm, &addLayerNorm};
  return creators;
}

}  // namespace maskforge
