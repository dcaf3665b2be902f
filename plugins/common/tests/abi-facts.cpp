// Prints where everything lies that a plugin and its TensorRT hand each other: sizes, places in structures, entries of
// virtual tables, numbers of enumerations. Compiled with two families' headers, equal output means that one plugin
// binary serves both.
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "plugin-headers.h"

namespace {

using namespace nvinfer1;

void fact(const char* name, long long value) { std::printf("%s %lld\n", name, value); }

/// The Itanium C++ ABI keeps a virtual member's offset in its table, plus one, in a pointer to it.
template <typename Member>
void entry(const char* name, Member member) {
  std::ptrdiff_t parts[2] = {};
  static_assert(sizeof member == sizeof parts, "a pointer to a member is two words");
  std::memcpy(parts, &member, sizeof member);
  fact(name, parts[0]);
}

#define SIZE(type) fact("sizeof " #type, static_cast<long long>(sizeof(type)))
#define PLACE(type, member) fact("offset " #type "::" #member, static_cast<long long>(offsetof(type, member)))
#define ENTRY(type, member) entry("entry " #type "::" #member, &type::member)
#define NUMBER(value) fact("number " #value, static_cast<long long>(value))

void structures() {
  SIZE(Dims);
  SIZE(DimsExprs);
  SIZE(PluginField);
  SIZE(PluginFieldCollection);
  SIZE(PluginTensorDesc);
  SIZE(DynamicPluginTensorDesc);
  SIZE(InterfaceInfo);
  SIZE(IPluginV3);
  SIZE(IPluginV3OneBuild);
  SIZE(IPluginV3OneRuntime);
  SIZE(IPluginCreatorV3One);
  SIZE(ILogger);
  SIZE(ILoggerFinder);
  PLACE(Dims, d);
  PLACE(DimsExprs, d);
  PLACE(PluginField, type);
  PLACE(PluginField, length);
  PLACE(PluginFieldCollection, fields);
  PLACE(PluginTensorDesc, type);
  PLACE(PluginTensorDesc, format);
  PLACE(DynamicPluginTensorDesc, min);
  PLACE(DynamicPluginTensorDesc, max);
  PLACE(DynamicPluginTensorDesc, opt);
}

void tables() {
  ENTRY(IPluginV3, getInterfaceInfo);
  ENTRY(IPluginV3, getCapabilityInterface);
  ENTRY(IPluginV3, clone);
  ENTRY(IPluginV3OneCore, getPluginName);
  ENTRY(IPluginV3OneCore, getPluginVersion);
  ENTRY(IPluginV3OneCore, getPluginNamespace);
  ENTRY(IPluginV3OneBuild, configurePlugin);
  ENTRY(IPluginV3OneBuild, getOutputDataTypes);
  ENTRY(IPluginV3OneBuild, getOutputShapes);
  ENTRY(IPluginV3OneBuild, supportsFormatCombination);
  ENTRY(IPluginV3OneBuild, getNbOutputs);
  ENTRY(IPluginV3OneBuild, getWorkspaceSize);
  ENTRY(IPluginV3OneBuild, getValidTactics);
  ENTRY(IPluginV3OneBuild, getNbTactics);
  ENTRY(IPluginV3OneBuild, getTimingCacheID);
  ENTRY(IPluginV3OneBuild, getFormatCombinationLimit);
  ENTRY(IPluginV3OneBuild, getMetadataString);
  ENTRY(IPluginV3OneRuntime, setTactic);
  ENTRY(IPluginV3OneRuntime, onShapeChange);
  ENTRY(IPluginV3OneRuntime, enqueue);
  ENTRY(IPluginV3OneRuntime, attachToContext);
  ENTRY(IPluginV3OneRuntime, getFieldsToSerialize);
  ENTRY(IPluginCreatorV3One, createPlugin);
  ENTRY(IPluginCreatorV3One, getFieldNames);
  ENTRY(IPluginCreatorV3One, getPluginName);
  ENTRY(IPluginCreatorV3One, getPluginVersion);
  ENTRY(IPluginCreatorV3One, getPluginNamespace);
  ENTRY(apiv::VDimensionExpr, isConstant);
  ENTRY(apiv::VDimensionExpr, getConstantValue);
  ENTRY(ILogger, log);
  ENTRY(ILoggerFinder, findLogger);
}

void numbers() {
  NUMBER(DataType::kFLOAT);
  NUMBER(DataType::kHALF);
  NUMBER(DataType::kBF16);
  NUMBER(TensorFormat::kLINEAR);
  NUMBER(PluginFieldType::kFLOAT32);
  NUMBER(PluginFieldType::kFLOAT64);
  NUMBER(PluginFieldType::kINT32);
  NUMBER(PluginFieldType::kINT64);
  NUMBER(PluginCapabilityType::kCORE);
  NUMBER(PluginCapabilityType::kBUILD);
  NUMBER(PluginCapabilityType::kRUNTIME);
  NUMBER(TensorRTPhase::kBUILD);
  NUMBER(TensorRTPhase::kRUNTIME);
  NUMBER(ILogger::Severity::kERROR);
}

}  // namespace

int main() {
  structures();
  tables();
  numbers();
  return 0;
}
