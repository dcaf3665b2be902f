// What cannot be built, each with its code and no engine left behind.
#include "maskforge/cuda_probe.h"
#include "maskforge/files.h"
#include "rtx_fixture.h"

namespace {

struct Case {
  const char* model;
  const char* code;
  /// What the message has to name.
  const char* part;
};

class RtxRefusal : public RtxTest, public testing::WithParamInterface<Case> {};

TEST_P(RtxRefusal, HasItsCode) {
  maskforge::BuildRequest wanted = request(GetParam().model);
  wanted.profiles = {imageRange()};
  const Refusal refusal = refusalOfBuilding(wanted);
  EXPECT_EQ(refusal.code, GetParam().code) << refusal.message;
  EXPECT_NE(refusal.message.find(GetParam().part), std::string::npos) << refusal.message;
  EXPECT_TRUE(folder.empty());
}

INSTANTIATE_TEST_SUITE_P(Models, RtxRefusal,
                         testing::Values(Case{"odd/truncated.onnx", "ONNX_PARSE_FAILED", "truncated.onnx"},
                                         Case{"odd/empty.onnx", "ONNX_PARSE_FAILED", "empty.onnx"},
                                         Case{"odd/not-onnx.onnx", "ONNX_PARSE_FAILED", "not-onnx.onnx"},
                                         Case{"odd/external-missing.onnx", "ONNX_PARSE_FAILED", "external-missing.onnx"},
                                         Case{"odd/external-escape.onnx", "ONNX_PARSE_FAILED", "external-escape.onnx"},
                                         Case{"odd/custom-op.onnx", "ONNX_PLUGIN_MISSING", "Sharpen"},
                                         Case{"odd/absent.onnx", "FILE_READ_FAILED", "absent.onnx"}));

using RtxRefusals = RtxTest;

TEST_F(RtxRefusals, OfDynamicSizesWithoutAProfile) {
  const Refusal refusal = refusalOfBuilding(request("small/original-ts13-dynamic.onnx"));
  EXPECT_EQ(refusal.code, "PROFILE_MISSING");
  EXPECT_NE(refusal.message.find("image"), std::string::npos) << refusal.message;
  EXPECT_TRUE(folder.empty());
}

TEST_F(RtxRefusals, OfProfilesThatDoNotFit) {
  using Dims = maskforge::Dims;
  const Dims fine{1, 3, 256, 256};
  const maskforge::ShapeRange cases[] = {
      {"image", {1, 3, 256}, fine, fine},           // another rank
      {"image", fine, {1, 3, 128, 128}, fine},      // opt below min
      {"image", fine, fine, {1, 3, 128, 256}},      // max below opt
      {"image", {0, 3, 64, 64}, fine, fine},        // nothing
      {"image", {1, 1, 64, 64}, fine, fine},        // an axis that the graph fixes
      {"image", {1, 4, 64, 64}, {1, 4, 64, 64}, {1, 4, 64, 64}},
  };
  for (const maskforge::ShapeRange& range : cases) {
    maskforge::BuildRequest wanted = request("small/original-ts13-dynamic.onnx");
    wanted.profiles = {{range}};
    EXPECT_EQ(refusalOfBuilding(wanted).code, "PROFILE_INVALID") << testing::PrintToString(range.min);
  }
  maskforge::BuildRequest wanted = request("small/original-ts13-dynamic.onnx");
  wanted.profiles = {imageRange()};
  wanted.profiles[0].push_back({"mask", fine, fine, fine});
  EXPECT_EQ(refusalOfBuilding(wanted).code, "PROFILE_INVALID");
}

TEST_F(RtxRefusals, OfOptionsThatRtxDoesNotKnow) {
  const auto codeWith = [&](auto change) {
    maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
    change(wanted);
    return refusalOfBuilding(wanted).code;
  };
  using maskforge::BuildRequest;
  EXPECT_EQ(codeWith([](BuildRequest& r) { r.typing = maskforge::Typing::fp16Flag; }), "BUILD_OPTION_UNSUPPORTED");
  EXPECT_EQ(codeWith([](BuildRequest& r) { r.hardwareCompatibility = maskforge::HardwareCompatibility::amperePlus; }),
            "BUILD_OPTION_UNSUPPORTED");
  EXPECT_EQ(codeWith([](BuildRequest& r) { r.computeCapabilities = {12}; }), "BUILD_OPTION_UNSUPPORTED");
  EXPECT_EQ(codeWith([](BuildRequest& r) { r.enginePath.clear(); }), "BUILD_OPTION_UNSUPPORTED");
  EXPECT_TRUE(folder.empty());
}

TEST_F(RtxRefusals, OfAFolderThatCannotBeWritten) {
  maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
  wanted.enginePath = folder.file("absent/an.engine");
  EXPECT_EQ(refusalOfBuilding(wanted).code, "FILE_WRITE_FAILED");
}

TEST_F(RtxRefusals, OfBytesThatAreNoGraph) {
  for (const std::size_t length : {1u, 16u, 4096u}) {
    maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
    wanted.onnxBytes.assign(length, 0xff);
    EXPECT_EQ(refusalOfBuilding(wanted).code, "ONNX_PARSE_FAILED") << length;
  }
}

TEST_F(RtxRefusals, OfEnginesThatAreNone) {
  const auto codeOfOpening = [&](const std::string& path) {
    return codeOf([&] { backend->openEngine(path, 0, {}); });
  };
  EXPECT_EQ(codeOfOpening(folder.file("absent.engine")), "FILE_READ_FAILED");
  EXPECT_EQ(codeOfOpening(__FILE__), "ENGINE_CORRUPT");
  maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
  backend->build(wanted, {});
  const auto plan = maskforge::readFile(wanted.enginePath, "UNUSED");
  maskforge::writeFileDurably(folder.file("cut.engine"), plan.data(), plan.size() - 1);
  EXPECT_EQ(codeOfOpening(folder.file("cut.engine")), "ENGINE_CORRUPT");
  maskforge::writeFileDurably(folder.file("empty.engine"), plan.data(), 0);
  EXPECT_EQ(codeOfOpening(folder.file("empty.engine")), "ENGINE_CORRUPT");
  if (maskforge::probeCuda().devices.empty()) {
    EXPECT_EQ(codeOfOpening(wanted.enginePath), "NO_DEVICE");
  }
}

TEST_F(RtxRefusals, OfPluginsThatAreNone) {
  EXPECT_EQ(codeOf([&] { backend->loadPlugins("/nowhere/plugin.so"); }), "PLUGIN_MISSING");
  EXPECT_EQ(codeOf([&] { backend->loadPlugins(__FILE__); }), "PLUGIN_BROKEN");
  EXPECT_EQ(codeOf([&] { backend->loadPlugins(MASKFORGE_FAKES "/plugins/foreign.so"); }), "PLUGIN_FOREIGN");
  EXPECT_FALSE(backend->pluginCreators().empty()) << "TensorRT brings some of its own";
}

// Others' libraries are taken on trust, but every build says so.
TEST_F(RtxRefusals, NotOfPluginsThatDoNotSayWhatTheyAre) {
  try {
    backend->loadPlugins(MASKFORGE_FAKES "/plugins/silent.so");
  } catch (const maskforge::Error& error) {
    EXPECT_EQ(error.code(), "PLUGIN_BROKEN") << "refused by TensorRT itself";
    return;
  }
  const auto warnings = backend->build(request("odd/channels-static.onnx"), {}).warnings;
  ASSERT_FALSE(warnings.empty());
  EXPECT_NE(warnings.front().text.find("silent.so"), std::string::npos);
}

}  // namespace
