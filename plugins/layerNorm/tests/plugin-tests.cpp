// Creators and plugins of the LayerNorm library, called as TensorRT calls them, without a GPU.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "plugin-host.h"

namespace maskforge::testing {
namespace {

using nvinfer1::DataType;
using nvinfer1::PluginField;
using nvinfer1::PluginFieldType;
using nvinfer1::TensorFormat;
using nvinfer1::TensorRTPhase;

constexpr DataType kF32 = DataType::kFLOAT, kF16 = DataType::kHALF, kB16 = DataType::kBF16, kI8 = DataType::kINT8;

const Library& library() {
  static const Library opened(MASKFORGE_PLUGIN_LIBRARY);
  return opened;
}

nvinfer1::IPluginV3* create(const std::string& name, std::vector<PluginField> fields,
                            TensorRTPhase phase = TensorRTPhase::kBUILD) {
  const nvinfer1::PluginFieldCollection collection{static_cast<std::int32_t>(fields.size()), fields.data()};
  return library().creator(name)->createPlugin("norm", &collection, phase);
}

const float kEPSILON = 1e-6f;
const std::int32_t kLAST = -1;

std::vector<PluginField> goodFields() {
  return {{"epsilon", &kEPSILON, PluginFieldType::kFLOAT32, 1}, {"axis", &kLAST, PluginFieldType::kINT32, 1}};
}

TEST(Library, saysItsFamily) {
  EXPECT_STREQ(library().symbol<const char* (*)()>("maskforge_plugin_family")(), MASKFORGE_PLUGIN_FAMILY);
}

TEST(Library, offersBothOperators) {
  std::vector<std::string> names;
  for (auto* creator : library().creators()) {
    names.emplace_back(creator->getPluginName());
    EXPECT_STREQ(creator->getPluginVersion(), "1");
    EXPECT_STREQ(creator->getPluginNamespace(), "maskforge");
    EXPECT_STREQ(creator->getInterfaceInfo().kind, "PLUGIN CREATOR_V3ONE");
    const auto* fields = creator->getFieldNames();
    ASSERT_EQ(fields->nbFields, 2);
    EXPECT_STREQ(fields->fields[0].name, "epsilon");
    EXPECT_EQ(fields->fields[0].type, PluginFieldType::kFLOAT32);
    EXPECT_STREQ(fields->fields[1].name, "axis");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"LayerNorm", "AddLayerNorm"}));
}

class BothOperators : public ::testing::TestWithParam<bool> {
 protected:
  bool residual() const { return GetParam(); }
  std::string name() const { return residual() ? "AddLayerNorm" : "LayerNorm"; }
  Plugin plugin() const { return Plugin(create(name(), goodFields())); }

  /// x, (residual,) gamma, beta.
  std::vector<std::vector<std::int64_t>> inputs(const std::vector<std::int64_t>& x, std::int64_t width) const {
    if (residual()) return {x, x, {width}, {width}};
    return {x, {width}, {width}};
  }
};

TEST_P(BothOperators, keepTheirFieldsThroughSerialisation) {
  Plugin made = plugin();
  const auto* saved = made.runtime->getFieldsToSerialize();
  ASSERT_EQ(saved->nbFields, 2);
  const std::vector<PluginField> fields(saved->fields, saved->fields + saved->nbFields);
  Plugin again(create(name(), fields, TensorRTPhase::kRUNTIME));
  Plugin copy(again.whole->clone());
  Plugin attached(copy.runtime->attachToContext(nullptr));
  for (Plugin* each : {&made, &again, &copy, &attached}) {
    const auto* collection = each->runtime->getFieldsToSerialize();
    EXPECT_STREQ(collection->fields[0].name, "epsilon");
    EXPECT_EQ(*static_cast<const float*>(collection->fields[0].data), 1e-6f);
    EXPECT_EQ(*static_cast<const std::int32_t*>(collection->fields[1].data), -1);
    EXPECT_EQ(each->core->getPluginName(), name());
    EXPECT_STREQ(each->core->getPluginNamespace(), "maskforge");
    EXPECT_STREQ(each->core->getPluginVersion(), "1");
  }
}

TEST_P(BothOperators, takeOnnxDefaults) {
  Plugin made(library().creator(name())->createPlugin("norm", nullptr, TensorRTPhase::kBUILD));
  EXPECT_EQ(*static_cast<const float*>(made.runtime->getFieldsToSerialize()->fields[0].data), 1e-5f);
}

TEST_P(BothOperators, refuseFieldsThatDoNotFit) {
  Logger logger;
  LoggerFinder finder(logger);
  library().setLoggerFinder(&finder);
  const float numbers[] = {0, -1e-5f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  const std::int32_t axis = -2;
  const double tooLarge = 1e60;
  std::vector<PluginField> bad{
      {"epsilon", nullptr, PluginFieldType::kFLOAT32, 1},   {"epsilon", numbers, PluginFieldType::kFLOAT32, 2},
      {"epsilon", numbers, PluginFieldType::kFLOAT32, 0},   {"epsilon", &axis, PluginFieldType::kINT32, 1},
      {"epsilon", &tooLarge, PluginFieldType::kFLOAT64, 1}, {"axis", &axis, PluginFieldType::kINT32, 1},
      {"axis", &kEPSILON, PluginFieldType::kFLOAT32, 1},    {"gain", &kEPSILON, PluginFieldType::kFLOAT32, 1}};
  for (const float& number : numbers) bad.push_back({"epsilon", &number, PluginFieldType::kFLOAT32, 1});
  for (const PluginField& field : bad) {
    logger.text.clear();
    EXPECT_EQ(create(name(), {field}), nullptr) << field.name;
    EXPECT_NE(logger.text.find(std::string("`") + field.name + "`"), std::string::npos) << logger.text;
  }
  EXPECT_EQ(create(name(), {{nullptr, &kEPSILON, PluginFieldType::kFLOAT32, 1}}), nullptr);
  const nvinfer1::PluginFieldCollection broken{3, nullptr};
  EXPECT_EQ(library().creator(name())->createPlugin("norm", &broken, TensorRTPhase::kBUILD), nullptr);
  library().setLoggerFinder(nullptr);
}

TEST_P(BothOperators, giveTheInputsShapeAndType) {
  Plugin made = plugin();
  const std::int32_t count = made.build->getNbOutputs();
  EXPECT_EQ(count, residual() ? 2 : 1);
  std::vector<nvinfer1::DimsExprs> out;
  ASSERT_EQ(made.outputShapes(inputs({-1, 100, 64}, 64), out), 0);
  for (const auto& shape : out) {
    ASSERT_EQ(shape.nbDims, 3);
    EXPECT_FALSE(shape.d[0]->isConstant());
    EXPECT_EQ(shape.d[2]->getConstantValue(), 64);
  }
  for (const DataType type : {kF32, kF16, kB16}) {
    const std::vector<DataType> in(residual() ? 4 : 3, type);
    std::vector<DataType> types(static_cast<std::size_t>(count), kI8);
    ASSERT_EQ(made.build->getOutputDataTypes(types.data(), count, in.data(), static_cast<std::int32_t>(in.size())), 0);
    for (const DataType each : types) EXPECT_EQ(each, type);
  }
}

TEST_P(BothOperators, refuseShapesThatDoNotFit) {
  Logger logger;
  LoggerFinder finder(logger);
  library().setLoggerFinder(&finder);
  Plugin made = plugin();
  std::vector<nvinfer1::DimsExprs> out;
  EXPECT_EQ(made.outputShapes(inputs({7}, 7), out), 0) << "one row";
  EXPECT_EQ(made.outputShapes(inputs({2, 4096}, 4096), out), 0);
  EXPECT_NE(made.outputShapes(inputs({2, 4097}, 4097), out), 0) << "too wide";
  EXPECT_NE(logger.text.find("4097"), std::string::npos) << logger.text;
  EXPECT_NE(made.outputShapes(inputs({}, 1), out), 0) << "a single number";
  EXPECT_NE(made.outputShapes(inputs({2, 64}, 63), out), 0) << "gamma of another width";
  auto wrong = inputs({2, 64}, 64);
  wrong.back() = {1, 64};
  EXPECT_NE(made.outputShapes(wrong, out), 0) << "beta of two axes";
  wrong.pop_back();
  EXPECT_NE(made.outputShapes(wrong, out), 0) << "no beta";
  if (residual()) {
    EXPECT_NE(made.outputShapes({{2, 64}, {1, 64}, {64}, {64}}, out), 0) << "a residual that would be broadcast";
    EXPECT_NE(made.outputShapes({{2, 64}, {64}, {64}, {64}}, out), 0);
  }
  library().setLoggerFinder(nullptr);
}

TEST_P(BothOperators, takeAnAxisFromTheFrontIfItIsTheLast) {
  const std::int32_t second = 1;
  Plugin made(create(name(), {{"axis", &second, PluginFieldType::kINT32, 1}}));
  std::vector<nvinfer1::DimsExprs> out;
  EXPECT_EQ(made.outputShapes(inputs({2, 64}, 64), out), 0);
  EXPECT_NE(made.outputShapes(inputs({2, 64, 64}, 64), out), 0);
}

/// Types of x, gamma and beta, and whether they may be combined.
struct Combination {
  DataType x, gamma, beta;
  bool good;
};

TEST_P(BothOperators, combineTypesAsStronglyTypedNetworksNeed) {
  Plugin made = plugin();
  for (const Combination& each : std::vector<Combination>{{kF32, kF32, kF32, true},
                                                          {kF16, kF16, kF16, true},
                                                          {kF16, kF32, kF32, true},
                                                          {kB16, kB16, kB16, true},
                                                          {kB16, kF32, kF32, true},
                                                          {kF32, kF16, kF16, false},
                                                          {kF16, kF16, kF32, false},
                                                          {kF16, kB16, kB16, false},
                                                          {kI8, kF32, kF32, false}}) {
    std::vector<nvinfer1::DynamicPluginTensorDesc> tensors{tensor(each.x, {4, 64})};
    if (residual()) tensors.push_back(tensor(each.x, {4, 64}));
    tensors.push_back(tensor(each.gamma, {64}));
    tensors.push_back(tensor(each.beta, {64}));
    const auto inputCount = static_cast<std::int32_t>(tensors.size());
    const std::int32_t outputs = made.build->getNbOutputs();
    for (std::int32_t i = 0; i < outputs; ++i) tensors.push_back(tensor(each.x, {4, 64}));
    const auto all = [&] {
      bool taken = true;
      for (std::int32_t i = 0; i < inputCount + outputs; ++i)
        taken = taken && made.build->supportsFormatCombination(i, tensors.data(), inputCount, outputs);
      return taken;
    };
    EXPECT_EQ(all(), each.good);
    for (auto& spoilt : tensors) {
      const auto before = spoilt;
      spoilt.desc.format = TensorFormat::kCHW32;
      EXPECT_FALSE(all());
      spoilt = before;
    }
    tensors.back().desc.type = DataType::kINT32;
    EXPECT_FALSE(all()) << "an output of another type";
  }
}

TEST_P(BothOperators, checkShapesOnceMoreBeforeTheyRun) {
  Plugin made = plugin();
  std::vector<nvinfer1::DynamicPluginTensorDesc> in;
  for (const auto& sizes : inputs({4, 64}, 64)) in.push_back(tensor(kF16, sizes));
  const std::vector<nvinfer1::DynamicPluginTensorDesc> out(residual() ? 2 : 1, tensor(kF16, {4, 64}));
  const auto inCount = static_cast<std::int32_t>(in.size()), outCount = static_cast<std::int32_t>(out.size());
  const auto configure = [&] { return made.build->configurePlugin(in.data(), inCount, out.data(), outCount); };
  const auto change = [&] {
    std::vector<nvinfer1::PluginTensorDesc> now;
    for (const auto& each : in) now.push_back(each.desc);
    return made.runtime->onShapeChange(now.data(), inCount, &out[0].desc, outCount);
  };
  EXPECT_EQ(configure(), 0);
  EXPECT_EQ(change(), 0);
  in[0] = tensor(kF16, {4, 65});
  EXPECT_NE(configure(), 0);
  EXPECT_NE(change(), 0);
}

TEST_P(BothOperators, answerAnErrorWhereNothingCanBeLaunched) {
  Plugin made = plugin();
  std::vector<nvinfer1::PluginTensorDesc> in;
  for (const auto& sizes : inputs({4, 5000}, 5000)) in.push_back(tensor(kF16, sizes).desc);
  const std::vector<nvinfer1::PluginTensorDesc> out(2, tensor(kF16, {4, 5000}).desc);
  const void* nothing[4] = {};
  void* nowhere[2] = {};
  EXPECT_NE(made.runtime->enqueue(in.data(), out.data(), nothing, nowhere, nullptr, nullptr), 0);
}

INSTANTIATE_TEST_SUITE_P(LayerNorm, BothOperators, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "AddLayerNorm" : "LayerNorm"; });

}  // namespace
}  // namespace maskforge::testing
