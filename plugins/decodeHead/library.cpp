#include "decode-head-plugin.h"
#include "plugin-exports.h"

namespace maskforge {

std::vector<nvinfer1::IPluginCreatorInterface*>& pluginCreators() {
  static Creator decodeHead("DecodeHead", {}, makeDecodeHead);
  static std::vector<nvinfer1::IPluginCreatorInterface*> creators{&decodeHead};
  return creators;
}

}  // namespace maskforge
