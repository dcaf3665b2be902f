// TensorRT for RTX, opened once for a process of tests. MASKFORGE_TENSORRT (or MASKFORGE_RTX_DIRECTORY) names its folder;
// without it the tests are skipped and say so.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "error_code.h"
#include "maskforge/library.h"
#include "temporary_folder.h"

inline const char* rtxFolder() {
  const char* named = std::getenv("MASKFORGE_RTX_DIRECTORY");
  return named != nullptr ? named : std::getenv("MASKFORGE_TENSORRT");
}

inline std::string model(const std::string& name) { return std::string(MASKFORGE_MODELS) + "/" + name; }

class RtxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (rtxFolder() == nullptr) GTEST_SKIP() << "MASKFORGE_TENSORRT names no folder";
    const std::string folder = rtxFolder();
    backend = maskforge::openLibrary(
        maskforge::Family::tensorrtRtx, MASKFORGE_RTX_BACKEND,
        {folder + "/libtensorrt_rtx.so.1", folder + "/libtensorrt_onnxparser_rtx.so.1"});
  }

  maskforge::BuildRequest request(const std::string& name) const {
    maskforge::BuildRequest made;
    made.onnxPath = model(name);
    made.enginePath = folder.file("an.engine");
    return made;
  }

  /// `image` between 64 and 256 pixels: what the small models are made for.
  static maskforge::Profile imageRange(std::int64_t least = 64, std::int64_t most = 256) {
    return {{"image", {1, 3, least, least}, {1, 3, most, most}, {1, 3, most, most}}};
  }

  Refusal refusalOfBuilding(const maskforge::BuildRequest& wanted, const maskforge::BuildObserver& observer = {}) const {
    return refusalOf([&] { backend->build(wanted, observer); });
  }

  TemporaryFolder folder;
  std::shared_ptr<maskforge::Backend> backend;
};
