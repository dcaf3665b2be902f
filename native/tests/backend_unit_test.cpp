// What a backend decides by itself, without the library.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine_errors.h"
#include "error_code.h"
#include "logger.h"
#include "timing_cache.h"

namespace {

using maskforge::Family;

struct Told {
  const char* said;
  const char* code;
};

TEST(EngineErrors, AreReadFromWhatTensorrtSays) {
  const Told cases[] = {
      {"The engine plan file is not compatible with this version of TensorRT, expecting library version 10.6.0.26 got "
       "10.3.0.26, please rebuild.",
       "ENGINE_FOREIGN"},
      {"The engine plan file is generated on an incompatible device, expecting compute 9.0 got compute 8.6, please "
       "rebuild.",
       "ENGINE_FOREIGN"},
      {"Serialization assertion stdVersionRead == kSERIALIZATION_VERSION failed. Version tag does not match.",
       "ENGINE_FOREIGN"},
      {"Serialization assertion plan->header.magicTag == rt::kPLAN_MAGIC_TAG failed.", "ENGINE_FOREIGN"},
      {"Serialization assertion plan->header.size == blobSize failed. Size specified in header does not match archive "
       "size",
       "ENGINE_CORRUPT"},
      {"IPluginRegistry::getCreator: Error Code 4: API Usage Error (Cannot find plugin: LayerNorm, version: 1, "
       "namespace:maskforge.)",
       "ENGINE_PLUGIN_MISSING"},
      {"Requested amount of GPU memory (1073741824 bytes) could not be allocated. CUDA error: out of memory",
       "DEVICE_OUT_OF_MEMORY"},
      {"an illegal memory access was encountered", "DEVICE_LOST"},
      {"Something new.", "ENGINE_OPEN_FAILED"},
  };
  for (const Told& told : cases) EXPECT_STREQ(maskforge::engineErrorCode(told.said), told.code) << told.said;
}

TEST(EngineErrors, TellBuildsApart) {
  EXPECT_STREQ(maskforge::buildErrorCode("Error Code 10: Internal Error (Could not find any implementation for node x.)"),
               "ENGINE_LAYER_IMPOSSIBLE");
  EXPECT_STREQ(maskforge::buildErrorCode("Error Code 2: OutOfMemory (no further information)"), "DEVICE_OUT_OF_MEMORY");
  EXPECT_STREQ(maskforge::buildErrorCode(""), "ENGINE_BUILD_FAILED");
}

std::vector<std::uint8_t> planWith(const char* magic, std::uint64_t told, std::size_t bytes) {
  std::vector<std::uint8_t> plan(bytes);
  std::memcpy(plan.data(), magic, 4);
  std::memcpy(plan.data() + 16, &told, sizeof told);
  return plan;
}

TEST(Plans, AreLookedAtBeforeTensorrtSeesThem) {
  const auto check = [](const std::vector<std::uint8_t>& plan, Family family) {
    return codeOf([&] { maskforge::checkPlan(plan, "an.engine", family); });
  };
  EXPECT_EQ(check({}, Family::tensorrt10), "ENGINE_CORRUPT");
  EXPECT_EQ(check(planWith("junk", 1000, 1000), Family::tensorrt10), "ENGINE_CORRUPT");
  EXPECT_EQ(check(planWith("ftrt", 0, 1000), Family::tensorrt10), "");
  EXPECT_EQ(check(planWith("ftrt", 1000, 1000), Family::tensorrtRtx), "ENGINE_FOREIGN");
  EXPECT_EQ(check(planWith("vtrt", 1000, 1000), Family::tensorrtRtx), "");
  EXPECT_EQ(check(planWith("vtrt", 1000, 999), Family::tensorrtRtx), "ENGINE_CORRUPT");
}

class TimingCache : public testing::Test {
 protected:
  static maskforge::TrtApi version(int minor) {
    maskforge::TrtApi api;
    api.major = 10;
    api.minor = minor;
    return api;
  }

  const std::vector<std::uint8_t> measured{1, 2, 3, 4, 5};
  const std::vector<std::uint8_t> sealed = maskforge::sealTimingCache(measured.data(), measured.size(), version(6));
  std::string why;
};

TEST_F(TimingCache, ComesBackWhole) {
  EXPECT_EQ(maskforge::openTimingCache(sealed, version(6), why), measured);
  EXPECT_TRUE(why.empty()) << why;
}

TEST_F(TimingCache, IsRefusedWhenAnyByteChanged) {
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::vector<std::uint8_t> damaged = sealed;
    damaged[i] ^= 0x10;
    EXPECT_TRUE(maskforge::openTimingCache(damaged, version(6), why).empty()) << "byte " << i;
    EXPECT_FALSE(why.empty());
  }
}

TEST_F(TimingCache, IsRefusedWhenCutShortOrForeign) {
  const std::vector<std::uint8_t> cut(sealed.begin(), sealed.end() - 1);
  EXPECT_TRUE(maskforge::openTimingCache(cut, version(6), why).empty());
  EXPECT_EQ(why, "it is damaged");
  EXPECT_TRUE(maskforge::openTimingCache(sealed, version(7), why).empty());
  EXPECT_EQ(why, "another version of TensorRT wrote it");
  EXPECT_TRUE(maskforge::openTimingCache({7, 7, 7}, version(6), why).empty());
  EXPECT_EQ(why, "it is not a timing cache of this program");
}

TEST(LogSinks, GetTheirOwnThreadsLinesOnly) {
  using Said = nvinfer1::ILogger::Severity;
  std::vector<std::string> heard;
  maskforge::LogSink outer([&](const maskforge::LogLine& line) { heard.push_back(line.text); }, false);
  maskforge::LogSink inner({}, true);
  maskforge::Logger& logger = maskforge::Logger::instance();
  const maskforge::LogScope outerScope(outer);
  logger.log(Said::kERROR, "first");
  {
    const maskforge::LogScope innerScope(inner);
    logger.log(Said::kERROR, "second");
    logger.log(Said::kWARNING, "third");
  }
  logger.log(Said::kVERBOSE, "not asked for");
  logger.log(Said::kINFO, "fourth");
  EXPECT_EQ(heard, (std::vector<std::string>{"first", "fourth"}));
  EXPECT_EQ(outer.errors(), "first");
  EXPECT_EQ(inner.errors(), "second");
  ASSERT_EQ(inner.warnings().size(), 1u);
  EXPECT_EQ(inner.warnings()[0].text, "third");
}

TEST(LogSinks, SurviveAListenerThatThrows) {
  maskforge::LogSink sink([](const maskforge::LogLine&) { throw 1; }, false);
  const maskforge::LogScope scope(sink);
  maskforge::Logger::instance().log(nvinfer1::ILogger::Severity::kERROR, "kept all the same");
  EXPECT_EQ(sink.errors(), "kept all the same");
}

}  // namespace
