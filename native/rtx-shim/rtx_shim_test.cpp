// The shim in front of the real library, as the backend opens them. MASKFORGE_TENSORRT names the folder of TensorRT for
// RTX; without it there is nothing to prove.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace {

constexpr const char* kPARSERS_NAME = "libtensorrt_rtx.so";

std::string realLibrary() {
  const char* folder = std::getenv("MASKFORGE_TENSORRT");
  return folder == nullptr ? std::string() : std::string(folder) + "/libtensorrt_rtx.so.1";
}

// One test, because what is open in a process stays so: first without the shim, then with it.
TEST(RtxShim, AnswersTheNameThatTheParserAsksFor) {
  const std::string path = realLibrary();
  if (path.empty()) GTEST_SKIP() << "MASKFORGE_TENSORRT names no folder";

  void* real = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(real, nullptr) << dlerror();
  EXPECT_EQ(dlopen(kPARSERS_NAME, RTLD_NOW | RTLD_LOCAL), nullptr) << "the loader finds it anyway: nothing is shown";

  ASSERT_NE(dlopen(MASKFORGE_SHIM, RTLD_NOW | RTLD_LOCAL), nullptr) << dlerror();
  void* asked = dlopen(kPARSERS_NAME, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(asked, nullptr) << dlerror();
  for (const char* symbol : {"getPluginRegistry", "createInferBuilder_INTERNAL", "getInferLibVersion"}) {
    void* expected = dlsym(real, symbol);
    ASSERT_NE(expected, nullptr) << symbol;
    EXPECT_EQ(dlsym(asked, symbol), expected) << symbol;
  }
}

TEST(RtxShim, DoesNotOpenWithoutTheRealLibrary) {
  // In a process of its own the need is not met, and the shim says so instead of standing in for it.
  EXPECT_EXIT(
      {
        const bool opened = dlopen(MASKFORGE_SHIM, RTLD_NOW | RTLD_LOCAL) != nullptr;
        std::exit(opened ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
