// Reads the fields that a plugin is made from, whether they come from ONNX attributes or from a serialised engine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugin-headers.h"

namespace maskforge {

/// Throws std::invalid_argument, with the plugin's name and the field's, for what does not fit.
class FieldReader {
 public:
  /// @param known every field the plugin has; others are refused
  FieldReader(const char* plugin, const nvinfer1::PluginFieldCollection* fields, const std::vector<std::string>& known);

  /// One finite FP32 or FP64 number.
  float number(const char* name, float fallback) const;
  /// One 32- or 64-bit integer.
  std::int32_t integer(const char* name, std::int32_t fallback) const;

  [[noreturn]] void refuse(const char* name, const std::string& why) const;

 private:
  const nvinfer1::PluginField* find(const char* name) const;

  std::string plugin_;
  std::vector<nvinfer1::PluginField> fields_;
};

}  // namespace maskforge
