// TensorRT for RTX, which needs no GPU to build, takes our plugin libraries, parses what the ONNX passes write and
// builds engines from it.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <NvInfer.h>
#include <NvOnnxParser.h>
#pragma GCC diagnostic pop

namespace maskforge::testing {
namespace {

namespace fs = std::filesystem;

class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kWARNING) text += std::string(message) + "\n";
  }
  std::string text;
};

/// One for the process: TensorRT keeps the first that it is given.
Logger& logger() {
  static Logger only;
  return only;
}

template <typename Function>
Function symbol(const char* library, const char* name) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  void* address = handle == nullptr ? nullptr : dlsym(handle, name);
  if (address == nullptr) throw std::runtime_error(dlerror());
  return reinterpret_cast<Function>(address);
}

nvinfer1::IBuilder* makeBuilder() {
  const auto create = symbol<void* (*)(void*, std::int32_t)>("libtensorrt_rtx.so", "createInferBuilder_INTERNAL");
  return static_cast<nvinfer1::IBuilder*>(create(&logger(), NV_TENSORRT_VERSION));
}

nvonnxparser::IParser* makeParser(nvinfer1::INetworkDefinition& network) {
  const auto create =
      symbol<void* (*)(void*, void*, int)>("libtensorrt_onnxparser_rtx.so.1", "createNvOnnxParser_INTERNAL");
  return static_cast<nvonnxparser::IParser*>(create(&network, &logger(), NV_ONNX_PARSER_VERSION));
}

/// The builder, with all our libraries in its registry.
nvinfer1::IBuilder& builder() {
  static nvinfer1::IBuilder* only = [] {
    nvinfer1::IBuilder* made = makeBuilder();
    for (const char* library : {MASKFORGE_LAYERNORM_LIBRARY, MASKFORGE_DEPTHWISEGELU_LIBRARY}) {
      if (made->getPluginRegistry().loadLibrary(library) == nullptr)
        throw std::runtime_error(std::string(library) + " was not taken: " + logger().text);
    }
    return made;
  }();
  return *only;
}

TEST(Rtx, findsEachCreatorByNameVersionAndNamespace) {
  for (const char* name : {"LayerNorm", "AddLayerNorm", "DepthwiseGelu"}) {
    auto* creator = builder().getPluginRegistry().getCreator(name, "1", "maskforge");
    ASSERT_NE(creator, nullptr) << name;
    EXPECT_STREQ(creator->getInterfaceInfo().kind, "PLUGIN CREATOR_V3ONE");
  }
}

class Block : public ::testing::TestWithParam<const char*> {};

TEST_P(Block, isParsedAndBuilt) {
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder().createNetworkV2(0));
  const std::unique_ptr<nvonnxparser::IParser> parser(makeParser(*network));
  logger().text.clear();
  const std::string path = std::string(MASKFORGE_FIXTURES) + "/" + GetParam();
  ASSERT_TRUE(parser->parseFromFile(path.c_str(), 0)) << logger().text;
  int plugins = 0;
  for (std::int32_t i = 0; i < network->getNbLayers(); ++i)
    plugins += network->getLayer(i)->getType() == nvinfer1::LayerType::kPLUGIN_V3 ? 1 : 0;
  EXPECT_EQ(plugins, 4);
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder().createBuilderConfig());
  const std::unique_ptr<nvinfer1::IHostMemory> engine(builder().buildSerializedNetwork(*network, *config));
  ASSERT_NE(engine, nullptr) << logger().text;
  EXPECT_GT(engine->size(), 1000u);
}

INSTANTIATE_TEST_SUITE_P(Types, Block,
                         ::testing::Values("block-float32.onnx", "block-float16.onnx", "block-bfloat16.onnx"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(6, name.find('.') - 6);
                         });

/// RTX's parser opens its library by a name that the Python package does not bring, and the loader reads its path when
/// a program starts: so this one starts itself again, with a folder in that path which has the name.
void startAgainWithLibraries(char** arguments) {
  if (getenv("MASKFORGE_RTX_FOLDER") != nullptr) return;
  char folder[] = "/tmp/maskforge-rtx-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("no folder for a link");
  const fs::path libraries = MASKFORGE_RTX_LIBRARIES;
  fs::create_symlink(libraries / "libtensorrt_rtx.so.1", fs::path(folder) / "libtensorrt_rtx.so");
  setenv("MASKFORGE_RTX_FOLDER", folder, 1);
  const char* before = getenv("LD_LIBRARY_PATH");
  const std::string paths = std::string(folder) + ":" + libraries.string() + (before == nullptr ? "" : ":") +
                            (before == nullptr ? "" : before);
  setenv("LD_LIBRARY_PATH", paths.c_str(), 1);
  execv("/proc/self/exe", arguments);
  throw std::runtime_error("cannot start again");
}

}  // namespace
}  // namespace maskforge::testing

int main(int argc, char** argv) {
  maskforge::testing::startAgainWithLibraries(argv);
  ::testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  std::filesystem::remove_all(getenv("MASKFORGE_RTX_FOLDER"));
  return result;
}
