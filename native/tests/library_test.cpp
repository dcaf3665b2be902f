// Opening TensorRT 10 through its backend: stand-ins for what is broken, the real library where
// MASKFORGE_TENSORRT10 names its folder.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "error_code.h"
#include "maskforge/cuda_probe.h"
#include "maskforge/dynamic_library.h"
#include "maskforge/library.h"

#if defined(MASKFORGE_BACKEND_10)
namespace {

using maskforge::Family;

Refusal refusalOfOpening(const std::string& runtime, const std::string& parser = "") {
  return refusalOf([&] { maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10, {runtime, parser}); });
}

TEST(Library, RefusesWhatIsNotThere) {
  EXPECT_EQ(refusalOfOpening("/nowhere/libnvinfer.so.10").code, "LIBRARY_MISSING");
  const auto noBackend = [] { maskforge::openLibrary(Family::tensorrt10, "/nowhere/backend.so", {__FILE__, ""}); };
  EXPECT_EQ(codeOf(noBackend), "LIBRARY_MISSING");
}

TEST(Library, RefusesWhatIsNoLibrary) {
  EXPECT_EQ(refusalOfOpening(__FILE__).code, "LIBRARY_BROKEN");
  const auto textAsBackend = [] { maskforge::openLibrary(Family::tensorrt10, __FILE__, {__FILE__, ""}); };
  EXPECT_EQ(codeOf(textAsBackend), "LIBRARY_BROKEN");
}

TEST(Library, RefusesAnotherFamilysBackend) {
  const auto asRtx = [] {
    maskforge::openLibrary(Family::tensorrtRtx, MASKFORGE_BACKEND_10, {MASKFORGE_FAKES "/whole/whole.so.10", ""});
  };
  EXPECT_EQ(codeOf(asRtx), "LIBRARY_FOREIGN");
}

TEST(Library, RefusesOldAndHollowRuntimes) {
  const Refusal old = refusalOfOpening(MASKFORGE_FAKES "/old/old.so.10");
  EXPECT_EQ(old.code, "LIBRARY_TOO_OLD");
  EXPECT_NE(old.message.find("10.5.0"), std::string::npos) << old.message;
  EXPECT_EQ(refusalOfOpening(MASKFORGE_FAKES "/hollow/hollow.so.10").code, "LIBRARY_BROKEN");
}

// In a process of its own: what is open stays open, and one library of the family is allowed. It also finds them after
// an attempt that failed.
TEST(Library, LetsARuntimeFindItsNeighbours) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer opens libraries in our place, and the loader looks from there";
#endif
  const auto open = [] {
    const std::string runtime = MASKFORGE_FAKES "/whole/whole.so.10";
    maskforge::DynamicLibrary before(runtime);
    const bool found = before.require<int (*)()>("fake_open_neighbour")() != 0;
    if (found) std::exit(2);  // Then nothing would be shown.
    if (refusalOfOpening(MASKFORGE_FAKES "/old/old.so.10").code != "LIBRARY_TOO_OLD") std::exit(3);
    maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10, {runtime, ""});
    std::exit(before.require<int (*)()>("fake_open_neighbour")() != 0 ? 0 : 1);
  };
  EXPECT_EXIT(open(), testing::ExitedWithCode(0), "");
}

TEST(Library, AllowsOneOfEachFamily) {
  const auto open = [] {
    const std::string runtime = MASKFORGE_FAKES "/whole/whole.so.10";
    const auto first = maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10, {runtime, ""});
    const auto again = maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10, {runtime, ""});
    const std::string other = refusalOfOpening(MASKFORGE_FAKES "/old/old.so.10").code;
    std::exit(first == again && other == "LIBRARY_CONFLICT" ? 0 : 1);
  };
  EXPECT_EXIT(open(), testing::ExitedWithCode(0), "");
}

// createInferBuilder of 10.6 ends the process where there is no device; it must not be reached.
TEST(Library, RefusesToBuildAndOpenWithoutADevice) {
  if (!maskforge::probeCuda().devices.empty()) GTEST_SKIP() << "there is a device";
  const auto use = [](const char* want) {
    const auto backend = maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10,
                                                {MASKFORGE_FAKES "/whole/whole.so.10", ""});
    maskforge::BuildRequest request;
    request.onnxPath = "any.onnx";
    request.enginePath = "/nowhere/any.engine";
    std::exit(codeOf([&] { backend->build(request, {}); }) == want ? 0 : 1);
  };
  EXPECT_EXIT(use("NO_DEVICE"), testing::ExitedWithCode(0), "");
}

TEST(Library, OpensTheRealOne) {
  const char* folder = std::getenv("MASKFORGE_TENSORRT10");
  if (folder == nullptr) GTEST_SKIP() << "MASKFORGE_TENSORRT10 names no folder";
  const auto open = [&] {
    const std::string path = folder;
    const auto backend = maskforge::openLibrary(Family::tensorrt10, MASKFORGE_BACKEND_10,
                                                {path + "/libnvinfer.so.10", path + "/libnvonnxparser.so.10"});
    std::exit(backend->version().rfind("10.", 0) == 0 && !backend->buildsWithoutDevice() ? 0 : 1);
  };
  EXPECT_EXIT(open(), testing::ExitedWithCode(0), "");
}

}  // namespace
#endif
