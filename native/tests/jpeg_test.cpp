// Pictures are made by the very library that decodes them; that their pixels are those of the image library is for the
// tests in JavaScript.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "maskforge/dynamic_library.h"
#include "maskforge/jpeg_decoder.h"
#include "maskforge/jpeg_outline.h"

namespace {

using maskforge::DynamicLibrary;
using maskforge::isPlainJpeg;
using maskforge::JpegDecoder;
using Bytes = std::vector<std::uint8_t>;

constexpr int kWidth = 37, kHeight = 21;
constexpr int kRgb = 0, kCmyk = 11;
constexpr int kFull = 0, kHalf = 1, kQuarter = 2, kGray = 3, kTall = 4;
constexpr int kProgressive = 16384;
constexpr std::uint8_t kGuard = 0xA5;

std::size_t pixelBytes() { return static_cast<std::size_t>(kWidth) * kHeight * 3; }

/// A gradient: nothing in it is lost on the way by more than a little.
Bytes encode(int format, int samples, int flags = 0) {
  using Open = void* (*)();
  using Compress =
      int (*)(void*, const unsigned char*, int, int, int, int, unsigned char**, unsigned long*, int, int, int);
  using Free = void (*)(unsigned char*);
  DynamicLibrary library;
  std::string reason;
  if (!DynamicLibrary::tryOpen("libturbojpeg.so.0", library, reason)) return {};
  const int channels = format == kCmyk ? 4 : 3;
  Bytes pixels(static_cast<std::size_t>(kWidth) * kHeight * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(40 + i * 160 / pixels.size());
  void* handle = library.require<Open>("tjInitCompress")();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  library.require<Compress>("tjCompress2")(handle, pixels.data(), kWidth, 0, kHeight, format, &made, &size, samples, 90,
                                           flags);
  Bytes jpeg(made, made + size);
  library.require<Free>("tjFree")(made);
  library.require<int (*)(void*)>("tjDestroy")(handle);
  library.release();
  return jpeg;
}

/// After the marker 0xFF `kind`; the picture's size lies 3 bytes on in a frame's segment.
std::size_t after(const Bytes& jpeg, std::uint8_t kind) {
  for (std::size_t i = 2; i + 1 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xFF && jpeg[i + 1] == kind) return i + 2;
  }
  ADD_FAILURE() << "no marker " << int{kind};
  return 0;
}

class JpegDecoding : public testing::Test {
 protected:
  void SetUp() override {
    decoder_ = JpegDecoder::open("");
    if (decoder_ != nullptr) return;
    if (std::getenv("CI") != nullptr) FAIL() << "no TurboJPEG: install libturbojpeg0";
    GTEST_SKIP() << "no TurboJPEG: install libturbojpeg0";
  }

  /// Into memory with a guard behind it.
  bool decodes(const Bytes& jpeg, int width = kWidth, int height = kHeight, std::size_t targetBytes = pixelBytes()) {
    pixels_.assign(targetBytes + 64, kGuard);
    const bool done = decoder_->decode(jpeg.data(), jpeg.size(), width, height, pixels_.data(), targetBytes);
    EXPECT_TRUE(std::all_of(pixels_.end() - 64, pixels_.end(), [](std::uint8_t each) { return each == kGuard; }));
    return done;
  }

  std::unique_ptr<JpegDecoder> decoder_;
  Bytes pixels_;
};

TEST_F(JpegDecoding, DecodesThePlainForms) {
  EXPECT_NE(decoder_->library().find("turbojpeg"), std::string::npos);
  for (const int samples : {kFull, kHalf, kQuarter, kGray}) {
    for (const int flags : {0, kProgressive}) {
      ASSERT_TRUE(decodes(encode(kRgb, samples, flags))) << samples << ' ' << flags;
      EXPECT_NEAR(pixels_.front(), 40, 12);
      EXPECT_NEAR(pixels_[pixelBytes() - 1], 200, 12);
    }
  }
}

TEST_F(JpegDecoding, WritesNothingWhereTheSizeIsAnother) {
  const Bytes jpeg = encode(kRgb, kQuarter);
  EXPECT_FALSE(decodes(jpeg, kHeight, kWidth));
  EXPECT_FALSE(decodes(jpeg, kWidth, kHeight, pixelBytes() - 1));
  EXPECT_FALSE(decodes(jpeg, kWidth, kHeight, pixelBytes() + 1));
  EXPECT_FALSE(decodes(jpeg, kWidth, kHeight, 0));
  EXPECT_FALSE(decodes(jpeg, 0, kHeight, 0));
  EXPECT_FALSE(decodes(jpeg, -kWidth, -kHeight));
  EXPECT_EQ(std::count(pixels_.begin(), pixels_.end(), kGuard), static_cast<std::ptrdiff_t>(pixels_.size()));
  EXPECT_TRUE(decodes(jpeg));
}

TEST_F(JpegDecoding, LeavesOtherFormsToOthers) {
  EXPECT_FALSE(decodes(encode(kCmyk, kFull)));
  EXPECT_FALSE(decodes(encode(kRgb, kTall)));
  EXPECT_FALSE(decodes({}));
  EXPECT_FALSE(decodes(Bytes(500, 0xFF)));
}

TEST_F(JpegDecoding, RefusesEveryPictureThatIsCut) {
  for (const int flags : {0, kProgressive}) {
    const Bytes jpeg = encode(kRgb, kQuarter, flags);
    for (std::size_t length = 0; length < jpeg.size(); ++length) {
      ASSERT_FALSE(decodes(Bytes(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(length)))) << length;
    }
  }
}

TEST_F(JpegDecoding, SurvivesEveryDamagedByte) {
  const Bytes jpeg = encode(kRgb, kQuarter, kProgressive);
  int refused = 0;
  for (std::size_t at = 0; at < jpeg.size(); ++at) {
    Bytes damaged = jpeg;
    damaged[at] ^= 0x55;
    if (!decodes(damaged)) ++refused;
  }
  // Coded data has no checks: much of it decodes to something else.
  EXPECT_GT(refused, 300);
  EXPECT_TRUE(decodes(jpeg));
}

TEST_F(JpegDecoding, TakesNothingFromThePictureBefore) {
  const Bytes jpeg = encode(kRgb, kQuarter);
  for (const std::uint8_t kind : {0xDB, 0xC4}) {
    Bytes without = jpeg;
    // As comments, its tables are passed over.
    for (std::size_t i = 2; i + 1 < without.size(); ++i) {
      if (without[i] == 0xFF && without[i + 1] == kind) without[i + 1] = 0xFE;
    }
    ASSERT_TRUE(decodes(jpeg));
    EXPECT_FALSE(decodes(without)) << int{kind};
  }
}

TEST_F(JpegDecoding, KnowsWhatIsMissing) {
  const Bytes progressive = encode(kRgb, kFull, kProgressive);
  // Without its last scan, a refinement: nothing that a decoder would complain about.
  std::size_t last = 0;
  for (std::size_t i = 0; i + 1 < progressive.size(); ++i) {
    if (progressive[i] == 0xFF && progressive[i + 1] == 0xDA) last = i;
  }
  Bytes rough(progressive.begin(), progressive.begin() + static_cast<std::ptrdiff_t>(last));
  rough.insert(rough.end(), {0xFF, 0xD9});
  EXPECT_TRUE(isPlainJpeg(progressive.data(), progressive.size(), kWidth, kHeight));
  EXPECT_FALSE(isPlainJpeg(rough.data(), rough.size(), kWidth, kHeight));
}

TEST_F(JpegDecoding, LooksAtTheFrame) {
  const Bytes jpeg = encode(kRgb, kQuarter);
  const auto plain = [&](std::size_t at, std::uint8_t value) {
    Bytes changed = jpeg;
    changed[at] = value;
    return isPlainJpeg(changed.data(), changed.size(), kWidth, kHeight);
  };
  const std::size_t frame = after(jpeg, 0xC0);
  EXPECT_TRUE(plain(frame - 1, 0xC1));
  for (const std::uint8_t kind : {0xC3, 0xC5, 0xC9, 0xCA, 0xCC}) EXPECT_FALSE(plain(frame - 1, kind));
  EXPECT_FALSE(plain(frame + 2, 12));
  EXPECT_FALSE(plain(frame + 4, kHeight + 1));
  EXPECT_FALSE(plain(frame + 6, kWidth - 1));
  EXPECT_FALSE(plain(frame + 7, 4));
  EXPECT_FALSE(plain(frame + 9, 0x41));
}

TEST_F(JpegDecoding, RefusesMoreScansThanEncodersWrite) {
  Bytes jpeg = encode(kRgb, kGray);
  const std::size_t scan = after(jpeg, 0xDA) - 2;
  const Bytes once(jpeg.begin() + static_cast<std::ptrdiff_t>(scan), jpeg.end() - 2);
  for (int i = 0; i < 60; ++i) jpeg.insert(jpeg.end() - 2, once.begin(), once.end());
  EXPECT_FALSE(isPlainJpeg(jpeg.data(), jpeg.size(), kWidth, kHeight));
}

TEST(JpegDecoder, IsNoneWithoutItsLibrary) {
  EXPECT_EQ(JpegDecoder::open("/nowhere/libturbojpeg.so.0"), nullptr);
  EXPECT_EQ(JpegDecoder::open("libc.so.6"), nullptr);
  EXPECT_EQ(JpegDecoder::open(__FILE__), nullptr);
}

}  // namespace
