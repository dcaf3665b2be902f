#include "depthwise-gelu-plugin.h"
#include "plugin-exports.h"
#include "plugin-fields.h"

namespace maskforge {
namespace {

nvinfer1::IPluginV3* make(const nvinfer1::PluginFieldCollection* fields) {
  const FieldReader noneKnown("DepthwiseGelu", fields, {});
  return new DepthwiseGeluPlugin();
}

}  // namespace

std::vector<nvinfer1::IPluginCreatorInterface*>& pluginCreators() {
  static Creator creator("DepthwiseGelu", {}, make);
  static std::vector<nvinfer1::IPluginCreatorInterface*> creators{&creator};
  return creators;
}

}  // namespace maskforge
