#include "layer-norm-plugin.h"
#include "plugin-fields.h"

namespace maskforge {
namespace {

nvinfer1::IPluginV3* make(const nvinfer1::PluginFieldCollection* fields, bool residual) {
  const FieldReader reader(residual ? "AddLayerNorm" : "LayerNorm", fields, {"epsilon", "axis"});
  LayerNormSettings settings;
  settings.residual = residual;
  settings.epsilon = reader.number("epsilon", settings.epsilon);
  if (settings.epsilon <= 0) reader.refuse("epsilon", "must be greater than 0");
  settings.axis = reader.integer("axis", settings.axis);
  if (settings.axis < -1) reader.refuse("axis", "must be the last one");
  return new LayerNormPlugin(settings);
}

}  // namespace

nvinfer1::IPluginV3* makeLayerNorm(const nvinfer1::PluginFieldCollection* fields) { return make(fields, false); }
nvinfer1::IPluginV3* makeAddLayerNorm(const nvinfer1::PluginFieldCollection* fields) { return make(fields, true); }

}  // namespace maskforge
