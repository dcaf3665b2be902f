#include "plugin-fields.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace maskforge {
namespace {

using nvinfer1::PluginField;
using nvinfer1::PluginFieldType;

/// By copy: nothing promises that a field's data is aligned.
template <typename T>
T read(const PluginField& field) {
  T value;
  std::memcpy(&value, field.data, sizeof value);
  return value;
}

}  // namespace

FieldReader::FieldReader(const char* plugin, const nvinfer1::PluginFieldCollection* fields,
                         const std::vector<std::string>& known)
    : plugin_(plugin) {
  if (fields == nullptr || fields->nbFields == 0) return;
  if (fields->nbFields < 0 || fields->fields == nullptr) throw std::invalid_argument(plugin_ + ": no fields to read");
  fields_.assign(fields->fields, fields->fields + fields->nbFields);
  for (const PluginField& field : fields_) {
    if (field.name == nullptr) throw std::invalid_argument(plugin_ + ": a field has no name");
    if (std::find(known.begin(), known.end(), field.name) == known.end()) refuse(field.name, "is not known");
    if (field.data == nullptr || field.length != 1) refuse(field.name, "must be one number");
  }
}

void FieldReader::refuse(const char* name, const std::string& why) const {
  throw std::invalid_argument(plugin_ + ": field `" + name + "` " + why);
}

const PluginField* FieldReader::find(const char* name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(),
                                  [&](const PluginField& field) { return std::strcmp(field.name, name) == 0; });
  return found == fields_.end() ? nullptr : &*found;
}

float FieldReader::number(const char* name, float fallback) const {
  const PluginField* field = find(name);
  if (field == nullptr) return fallback;
  double value = 0;
  if (field->type == PluginFieldType::kFLOAT32) {
    value = static_cast<double>(read<float>(*field));
  } else if (field->type == PluginFieldType::kFLOAT64) {
    value = read<double>(*field);
  } else {
    refuse(name, "must be FP32");
  }
  if (!std::isfinite(value) || std::abs(value) > static_cast<double>(std::numeric_limits<float>::max()))
    refuse(name, "is not a finite number");
  return static_cast<float>(value);
}

std::int32_t FieldReader::integer(const char* name, std::int32_t fallback) const {
  const PluginField* field = find(name);
  if (field == nullptr) return fallback;
  if (field->type == PluginFieldType::kINT32) return read<std::int32_t>(*field);
  if (field->type != PluginFieldType::kINT64) refuse(name, "must be an integer");
  const auto value = read<std::int64_t>(*field);
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max())
    refuse(name, "is out of range");
  return static_cast<std::int32_t>(value);
}

}  // namespace maskforge
