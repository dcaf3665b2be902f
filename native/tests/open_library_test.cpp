// What a process holds after TensorRT for RTX was opened. MASKFORGE_TENSORRT names its folder, as the studio's own
// search reads it; without it there is nothing to open.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "maskforge/library.h"

namespace {

using maskforge::Error;
using maskforge::Family;
using maskforge::LibraryPaths;

class OpenLibrary : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("MASKFORGE_TENSORRT");
    if (folder == nullptr) GTEST_SKIP() << "MASKFORGE_TENSORRT names no folder";
    paths.runtime = std::string(folder) + "/libtensorrt_rtx.so.1";
    paths.parser = std::string(folder) + "/libtensorrt_onnxparser_rtx.so.1";
  }

  LibraryPaths paths;
};

std::string codeOf(Family family, const std::string& backend, const LibraryPaths& paths) {
  try {
    maskforge::openLibrary(family, backend, paths);
    return "";
  } catch (const Error& error) {
    return error.code();
  }
}

TEST_F(OpenLibrary, SaysWhatItIs) {
  const auto backend = maskforge::openLibrary(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths);
  EXPECT_EQ(backend->family(), Family::tensorrtRtx);
  EXPECT_TRUE(backend->buildsWithoutDevice());
  EXPECT_EQ(backend->version().rfind("1.", 0), 0u) << backend->version();
}

TEST_F(OpenLibrary, IsOpenedOnce) {
  const auto first = maskforge::openLibrary(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths);
  EXPECT_EQ(maskforge::openLibrary(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths), first);
}

// The ONNX parser opens its neighbour by this name when it meets a plugin, and ends the process where there is none; the
// Python package brings the library under another name only.
TEST_F(OpenLibrary, AnswersTheNameThatTheParserAsksFor) {
  constexpr const char* kNAME = "libtensorrt_rtx.so";
  ASSERT_EQ(dlopen(kNAME, RTLD_NOW), nullptr) << "the loader finds it anyway: nothing would be shown";
  const auto backend = maskforge::openLibrary(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths);
  void* asked = dlopen(kNAME, RTLD_NOW);
  ASSERT_NE(asked, nullptr) << dlerror();
  void* real = dlopen(paths.runtime.c_str(), RTLD_NOW | RTLD_NOLOAD);
  EXPECT_EQ(asked, real) << "another copy of the library was opened beside it";
}

TEST_F(OpenLibrary, RefusesAnotherFamily) {
  EXPECT_EQ(codeOf(Family::tensorrt10, MASKFORGE_RTX_BACKEND, paths), "LIBRARY_FOREIGN");
}

TEST_F(OpenLibrary, RefusesWhatIsNotThere) {
  EXPECT_EQ(codeOf(Family::tensorrtRtx, "/nowhere/libbackend.so", paths), "LIBRARY_MISSING");
  paths.runtime += ".missing";
  EXPECT_EQ(codeOf(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths), "LIBRARY_MISSING");
}

TEST_F(OpenLibrary, RefusesWhatIsNoLibrary) {
  paths.runtime = __FILE__;
  EXPECT_EQ(codeOf(Family::tensorrtRtx, MASKFORGE_RTX_BACKEND, paths), "LIBRARY_BROKEN");
}

}  // namespace
