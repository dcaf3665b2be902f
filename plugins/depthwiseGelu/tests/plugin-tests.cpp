// Creator and plugin of the depthwise convolution, called as TensorRT calls them, without a GPU.
#include <gtest/gtest.h>

#include "plugin-host.h"

namespace maskforge::testing {
namespace {

using nvinfer1::DataType;
using Sizes = std::vector<std::int64_t>;

const Library& library() {
  static const Library opened(MASKFORGE_PLUGIN_LIBRARY);
  return opened;
}

Plugin plugin() {
  const nvinfer1::PluginFieldCollection none{};
  return Plugin(library().creator("DepthwiseGelu")->createPlugin("mlp", &none, nvinfer1::TensorRTPhase::kBUILD));
}

TEST(DepthwiseGelu, isOffered) {
  EXPECT_STREQ(library().symbol<const char* (*)()>("maskforge_plugin_family")(), MASKFORGE_PLUGIN_FAMILY);
  ASSERT_EQ(library().creators().size(), 1u);
  auto* creator = library().creator("DepthwiseGelu");
  EXPECT_STREQ(creator->getPluginVersion(), "1");
  EXPECT_STREQ(creator->getPluginNamespace(), "maskforge");
  EXPECT_EQ(creator->getFieldNames()->nbFields, 0);
}

TEST(DepthwiseGelu, hasNoFields) {
  Plugin made = plugin();
  EXPECT_EQ(made.runtime->getFieldsToSerialize()->nbFields, 0);
  Plugin attached(made.runtime->attachToContext(nullptr));
  EXPECT_STREQ(attached.core->getPluginName(), "DepthwiseGelu");
  const float number = 1;
  const nvinfer1::PluginField field{"gain", &number, nvinfer1::PluginFieldType::kFLOAT32, 1};
  const nvinfer1::PluginFieldCollection fields{1, &field};
  EXPECT_EQ(library().creator("DepthwiseGelu")->createPlugin("mlp", &fields, nvinfer1::TensorRTPhase::kBUILD), nullptr);
}

TEST(DepthwiseGelu, givesTheInputsShapeAndType) {
  Plugin made = plugin();
  std::vector<nvinfer1::DimsExprs> out;
  ASSERT_EQ(made.outputShapes({{-1, -1, 32, 256}, {9, 256}, {256}}, out), 0);
  EXPECT_EQ(out[0].nbDims, 4);
  EXPECT_FALSE(out[0].d[1]->isConstant());
  EXPECT_EQ(out[0].d[3]->getConstantValue(), 256);
  const DataType in[] = {DataType::kBF16, DataType::kFLOAT, DataType::kFLOAT};
  DataType type = DataType::kINT8;
  ASSERT_EQ(made.build->getOutputDataTypes(&type, 1, in, 3), 0);
  EXPECT_EQ(type, DataType::kBF16);
}

TEST(DepthwiseGelu, refusesShapesThatDoNotFit) {
  Plugin made = plugin();
  std::vector<nvinfer1::DimsExprs> out;
  for (const auto& bad : std::vector<std::vector<Sizes>>{{{1, 1024, 256}, {9, 256}, {256}},
                                                         {{1, 32, 32, 256}, {256, 9}, {256}},
                                                         {{1, 32, 32, 256}, {9, 255}, {256}},
                                                         {{1, 32, 32, 256}, {256, 1, 3, 3}, {256}},
                                                         {{1, 32, 32, 256}, {9, 256}, {255}},
                                                         {{1, 32, 32, 256}, {9, 256}, {1, 256}},
                                                         {{1, 32, 32, 256}, {9, 256}}})
    EXPECT_NE(made.outputShapes(bad, out), 0);
}

TEST(DepthwiseGelu, combinesTypesAsStronglyTypedNetworksNeed) {
  Plugin made = plugin();
  const DataType f32 = DataType::kFLOAT, f16 = DataType::kHALF, b16 = DataType::kBF16;
  struct Combination {
    DataType x, weight, bias, y;
    bool good;
  };
  for (const Combination& each :
       {Combination{f32, f32, f32, f32, true}, Combination{f16, f16, f16, f16, true},
        Combination{f16, f32, f32, f16, true}, Combination{b16, b16, b16, b16, true},
        Combination{f32, f16, f16, f32, false}, Combination{f16, f16, f32, f16, false},
        Combination{f16, f16, f16, f32, false}, Combination{DataType::kINT8, f32, f32, DataType::kINT8, false}}) {
    std::vector<nvinfer1::DynamicPluginTensorDesc> tensors{tensor(each.x, {1, 8, 8, 64}), tensor(each.weight, {9, 64}),
                                                           tensor(each.bias, {64}), tensor(each.y, {1, 8, 8, 64})};
    const auto all = [&] {
      bool taken = true;
      for (std::int32_t i = 0; i < 4; ++i)
        taken = taken && made.build->supportsFormatCombination(i, tensors.data(), 3, 1);
      return taken;
    };
    EXPECT_EQ(all(), each.good);
    tensors[0].desc.format = nvinfer1::TensorFormat::kHWC8;
    EXPECT_FALSE(all());
  }
}

TEST(DepthwiseGelu, checksShapesOnceMoreBeforeItRuns) {
  Plugin made = plugin();
  std::vector<nvinfer1::DynamicPluginTensorDesc> in{tensor(DataType::kHALF, {1, 8, 8, 64}),
                                                    tensor(DataType::kHALF, {9, 64}), tensor(DataType::kHALF, {64})};
  const auto out = tensor(DataType::kHALF, {1, 8, 8, 64});
  EXPECT_EQ(made.build->configurePlugin(in.data(), 3, &out, 1), 0);
  in[1] = tensor(DataType::kHALF, {9, 32});
  EXPECT_NE(made.build->configurePlugin(in.data(), 3, &out, 1), 0);
  const nvinfer1::PluginTensorDesc now[] = {in[0].desc, in[1].desc, in[2].desc};
  EXPECT_NE(made.runtime->onShapeChange(now, 3, &out.desc, 1), 0);
  const void* nothing[3] = {};
  void* nowhere[1] = {};
  EXPECT_NE(made.runtime->enqueue(now, &out.desc, nothing, nowhere, nullptr, nullptr), 0);
}

}  // namespace
}  // namespace maskforge::testing
