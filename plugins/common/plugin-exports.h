// The symbols that a plugin library shows. Included by one source file of each library, which defines
// `maskforge::pluginCreators`.
#pragma once

#include "plugin-base.h"

#define MASKFORGE_EXPORT extern "C" __attribute__((visibility("default")))

namespace maskforge {

/// Creators that live as long as the library.
std::vector<nvinfer1::IPluginCreatorInterface*>& pluginCreators();

}  // namespace maskforge

/// Asked for by IPluginRegistry::loadLibrary, and so by trtexec and Triton.
MASKFORGE_EXPORT nvinfer1::IPluginCreatorInterface* const* getCreators(std::int32_t& count) {
  auto& creators = maskforge::pluginCreators();
  count = static_cast<std::int32_t>(creators.size());
  return creators.data();
}

MASKFORGE_EXPORT void setLoggerFinder(nvinfer1::ILoggerFinder* finder) { maskforge::setLoggerFinder(finder); }

/// "10" or "11": the family of TensorRT whose loggers this library can talk to. Asked before the library is handed on.
MASKFORGE_EXPORT const char* maskforge_plugin_family() { return MASKFORGE_PLUGIN_FAMILY; }
