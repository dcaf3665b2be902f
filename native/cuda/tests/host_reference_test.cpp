#include "maskforge/host_reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arithmetic.h"
#include "cases.h"
#include "maskforge/error.h"

namespace maskforge {
namespace {

using cases::Random;

Normalisation identity(int channels, bool nhwc) {
  Normalisation normalisation;
  normalisation.channels = channels;
  normalisation.nhwc = nhwc;
  for (int i = 0; i < channels * 256; ++i) normalisation.tables.push_back(static_cast<std::uint8_t>(i % 256));
  return normalisation;
}

Placement plain(int width, int height, int channels) {
  Placement placement;
  placement.resizedWidth = placement.inputWidth = width;
  placement.resizedHeight = placement.inputHeight = height;
  placement.fill.assign(static_cast<std::size_t>(channels), 7);
  return placement;
}

TEST(HostPreprocess, LaysChannelsOutAndFillsTheRest) {
  const std::vector<std::uint8_t> pixels{1, 2, 3, 255, 4, 5, 6, 255};
  Frame frame;
  frame.pixels = pixels.data();
  frame.width = 2;
  frame.height = 1;
  frame.stride = 8;
  Placement placement = plain(2, 1, 3);
  placement.inputWidth = 3;
  Normalisation normalisation = identity(3, false);
  EXPECT_EQ(hostPreprocess(frame, placement, normalisation)[0], (std::vector<std::uint8_t>{1, 4, 7, 2, 5, 7, 3, 6, 7}));
  normalisation.nhwc = true;
  normalisation.source = {2, 1, 0};
  EXPECT_EQ(hostPreprocess(frame, placement, normalisation)[0], (std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4, 7, 7, 7}));
}

TEST(HostPreprocess, KeepsAConstantPictureUnderEveryFilter) {
  const std::vector<std::uint8_t> pixels(90 * 70 * 3, 201);
  Frame frame;
  frame.pixels = pixels.data();
  frame.width = 90;
  frame.height = 70;
  frame.stride = 270;
  frame.format = PixelFormat::rgb8;
  for (const Resample filter : {Resample::bilinear, Resample::bicubic, Resample::nearest}) {
    Normalisation normalisation = identity(1, false);
    normalisation.resample = filter;
    const auto tiles = hostPreprocess(frame, plain(31, 144, 1), normalisation);
    EXPECT_EQ(tiles[0], std::vector<std::uint8_t>(31 * 144, 201));
  }
}

TEST(HostPreprocess, ConvertsTheCornersOfNv12) {
  struct Sample {
    YuvMatrix matrix;
    bool full;
    std::uint8_t y, u, v;
    int r, g, b;
  };
  const Sample samples[] = {
      {YuvMatrix::bt709, false, 16, 128, 128, 0, 0, 0},   {YuvMatrix::bt709, false, 235, 128, 128, 255, 255, 255},
      {YuvMatrix::bt709, true, 0, 128, 128, 0, 0, 0},     {YuvMatrix::bt709, true, 255, 128, 128, 255, 255, 255},
      {YuvMatrix::bt601, false, 81, 90, 240, 255, 0, 0},  {YuvMatrix::bt601, false, 41, 240, 110, 0, 0, 255},
      {YuvMatrix::bt709, false, 63, 102, 240, 255, 1, 0}, {YuvMatrix::bt709, false, 173, 42, 26, 0, 255, 1},
      {YuvMatrix::bt601, true, 76, 85, 255, 254, 0, 0},
  };
  for (const Sample& sample : samples) {
    const std::vector<std::uint8_t> pixels{sample.y, 0, sample.u, sample.v};
    Frame frame;
    frame.pixels = pixels.data();
    frame.width = frame.height = 1;
    frame.stride = 2;
    frame.format = PixelFormat::nv12;
    frame.matrix = sample.matrix;
    frame.fullRange = sample.full;
    const auto rgb = hostPreprocess(frame, plain(1, 1, 3), identity(3, false))[0];
    EXPECT_NEAR(rgb[0], sample.r, 1);
    EXPECT_NEAR(rgb[1], sample.g, 1);
    EXPECT_NEAR(rgb[2], sample.b, 1);
  }
}

/// The definition in double precision; pixels whose two best classes are this near are left to rounding.
constexpr double kTIE = 1e-5;

struct Verdict {
  int id;
  double margin, probability;
};

Verdict define(const std::vector<float>& planes, const cases::PostprocessCase& test, const Placement& placement, int x,
               int y) {
  const auto place = [](int pixel, double scale, int grid) {
    return std::min<double>(grid - 1, std::max(0.0, (pixel + 0.5) * scale - 0.5));
  };
  const double px = place(x, placement.scaleX, test.gridWidth), py = place(y, placement.scaleY, test.gridHeight);
  const int x0 = static_cast<int>(px), y0 = static_cast<int>(py);
  const int x1 = std::min(test.gridWidth - 1, x0 + 1), y1 = std::min(test.gridHeight - 1, y0 + 1);
  std::vector<double> values;
  if (test.classes == 1) values.push_back(0);
  for (int c = 0; c < test.classes; ++c) {
    const auto at = [&](int gx, int gy) { return planes[(c * test.gridHeight + gy) * test.gridWidth + gx]; };
    const double top = at(x0, y0) * (1 - (px - x0)) + at(x1, y0) * (px - x0);
    const double bottom = at(x0, y1) * (1 - (px - x0)) + at(x1, y1) * (px - x0);
    values.push_back(top * (1 - (py - y0)) + bottom * (py - y0));
  }
  const auto best = std::max_element(values.begin(), values.end());
  double sum = 0, margin = std::numeric_limits<double>::infinity();
  for (auto value = values.begin(); value != values.end(); ++value) {
    sum += std::exp(*value - *best);
    if (value != best) margin = std::min(margin, *best - *value);
  }
  return {static_cast<int>(best - values.begin()), margin, 1 / sum};
}

TEST(HostPostprocess, EqualsTheDefinition) {
  for (const auto& test : cases::postprocessCases()) {
    const std::size_t count = static_cast<std::size_t>(test.classes) * test.gridWidth * test.gridHeight;
    const auto bytes = cases::logits(count, DataType::float32, 3);
    std::vector<float> planes(count);
    std::memcpy(planes.data(), bytes.data(), bytes.size());
    const Placement placement = cases::placementOf(test);
    OutputView view{
        bytes.data(), bytes.size(), DataType::float32, false, {1, test.classes, test.gridHeight, test.gridWidth}};
    const HostMask mask = hostPostprocess(view, placement, test.wide);
    for (int y = 0; y < test.maskHeight; ++y) {
      for (int x = 0; x < test.maskWidth; ++x) {
        const Verdict verdict = define(planes, test, placement, x, y);
        const std::size_t at = static_cast<std::size_t>(y) * test.maskWidth + x;
        const int id = test.wide ? mask.mask[at * 2] | mask.mask[at * 2 + 1] << 8 : mask.mask[at];
        if (verdict.margin > kTIE) {
          ASSERT_EQ(id, verdict.id) << test.name << " " << x << "," << y;
        }
        ASSERT_NEAR(mask.probability[at], verdict.probability * 255, 0.51) << test.name;
      }
    }
  }
}

TEST(HostPostprocess, ReadsInterleavedLogitsAlike) {
  for (const auto& test : cases::postprocessCases()) {
    const auto positions = static_cast<std::size_t>(test.gridWidth) * test.gridHeight;
    const auto classes = static_cast<std::size_t>(test.classes);
    const auto planes = cases::logits(classes * positions, DataType::float16, 9);
    std::vector<std::uint8_t> interleaved(planes.size());
    for (std::size_t i = 0; i < positions * classes; ++i) {
      std::memcpy(&interleaved[i * 2], &planes[(i % classes * positions + i / classes) * 2], 2);
    }
    const Placement placement = cases::placementOf(test);
    OutputView view{
        planes.data(), planes.size(), DataType::float16, false, {1, test.classes, test.gridHeight, test.gridWidth}};
    const HostMask expected = hostPostprocess(view, placement, test.wide);
    view = {interleaved.data(),
            interleaved.size(),
            DataType::float16,
            true,
            {1, test.gridHeight, test.gridWidth, test.classes}};
    const HostMask got = hostPostprocess(view, placement, test.wide);
    EXPECT_EQ(got.mask, expected.mask) << test.name;
    EXPECT_EQ(got.probability, expected.probability) << test.name;
  }
}

TEST(HostPostprocess, GivesTiesToTheLowestIdAndNanToClassZero) {
  const cases::PostprocessCase test{"", 5, 6, 6, 50, 40};
  const Placement placement = cases::placementOf(test);
  for (const float value : {1.5f, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const std::vector<float> planes(5 * 36, value);
    OutputView view{planes.data(), planes.size() * 4, DataType::float32, false, {1, 5, 6, 6}};
    EXPECT_EQ(hostPostprocess(view, placement, false).mask, std::vector<std::uint8_t>(2000, 0));
  }
}

/// The mask of 5 classes on a grid of 6 x 6, all logits 1 but for one.
HostMask withOneOdd(std::size_t position, float odd, int width, int height, bool nhwc) {
  const cases::PostprocessCase test{"", 5, 6, 6, width, height};
  std::vector<float> planes(5 * 36, 1.0f);
  planes[position] = odd;
  OutputView view{planes.data(), planes.size() * 4, DataType::float32, nhwc, {1, 5, 6, 6}};
  if (nhwc) view.dims = {1, 6, 6, 5};
  return hostPostprocess(view, cases::placementOf(test), false);
}

TEST(HostPostprocess, TellsOfEveryLogitThatNoClassFollowsFrom) {
  constexpr float kINFINITY = std::numeric_limits<float>::infinity();
  for (const int size : {6, 24, 50}) {
    for (const bool nhwc : {false, true}) {
      for (std::size_t at = 0; at < 5 * 36; ++at) {
        EXPECT_EQ(withOneOdd(at, std::numeric_limits<float>::quiet_NaN(), size, size, nhwc).notFinite, 1) << at;
        EXPECT_EQ(withOneOdd(at, kINFINITY, size, size, nhwc).notFinite, 1) << at;
      }
      EXPECT_EQ(withOneOdd(0, -kINFINITY, size, size, nhwc).notFinite, 0);
      EXPECT_EQ(withOneOdd(77, std::numeric_limits<float>::max(), size, size, nhwc).notFinite, 0);
    }
  }
}

TEST(HostPostprocess, TellsOfOneLogitPerPixelAndOfTiles) {
  std::vector<float> single(36, -1.0f);
  OutputView view{single.data(), single.size() * 4, DataType::float32, false, {1, 1, 6, 6}};
  const Placement placement = cases::placementOf({"", 1, 6, 6, 24, 24});
  EXPECT_EQ(hostPostprocess(view, placement, false).notFinite, 0);
  single[20] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(hostPostprocess(view, placement, false).notFinite, 1);

  Placement tiled;
  tiled.resizedWidth = tiled.maskWidth = 24;
  tiled.resizedHeight = tiled.maskHeight = tiled.inputHeight = tiled.inputWidth = 16;
  tiled.tiles = {{0, 0}, {8, 0}};
  tiled.scaleX = tiled.scaleY = 0.25;
  std::vector<float> planes(2 * 2 * 16, 0);
  view = {planes.data(), planes.size() * 4, DataType::float32, false, {2, 2, 4, 4}};
  EXPECT_EQ(hostPostprocess(view, tiled, false).notFinite, 0);
  planes[45] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(hostPostprocess(view, tiled, false).notFinite, 1);
}

TEST(HostPostprocess, AveragesOverlappingTiles) {
  Placement placement;
  placement.resizedWidth = placement.maskWidth = 24;
  placement.resizedHeight = placement.maskHeight = placement.inputHeight = placement.inputWidth = 16;
  placement.tiles = {{0, 0}, {8, 0}};
  placement.scaleX = placement.scaleY = 0.25;
  // Two classes on a 4 x 4 grid. Class 1 wins by 1 in the first tile, class 0 by 3 in the second.
  std::vector<float> planes(2 * 2 * 16, 0);
  std::fill(planes.begin() + 16, planes.begin() + 32, 1.0f);
  std::fill(planes.begin() + 32, planes.begin() + 48, 3.0f);
  OutputView view{planes.data(), planes.size() * 4, DataType::float32, false, {2, 2, 4, 4}};
  const auto mask = hostPostprocess(view, placement, false).mask;
  EXPECT_EQ(mask[0], 1);
  EXPECT_EQ(mask[5], 1);
  EXPECT_EQ(mask[10], 0);
  EXPECT_EQ(mask[23], 0);
}

TEST(HostPostprocess, FitsIdsIntoTheMask) {
  const std::vector<std::int64_t> ids{3, -1, 255, 70000};
  Placement placement;
  placement.inputWidth = placement.inputHeight = 2;
  placement.maskWidth = placement.maskHeight = 2;
  OutputView view{ids.data(), 32, DataType::int64, false, {1, 2, 2}};
  EXPECT_EQ(hostPostprocess(view, placement, false).mask, (std::vector<std::uint8_t>{3, 255, 255, 255}));
  EXPECT_EQ(hostPostprocess(view, placement, true).mask, (std::vector<std::uint8_t>{3, 0, 255, 255, 255, 0, 255, 255}));
}

TEST(HostPostprocess, RefusesBytesThatDoNotFitTheShape) {
  const std::vector<float> planes(10);
  OutputView view{planes.data(), 40, DataType::float32, false, {1, 2, 2, 2}};
  EXPECT_THROW(hostPostprocess(view, cases::placementOf({"", 2, 2, 2, 4, 4}), false), Error);
  view.dims = {1, 2, 2};
  view.type = DataType::boolean;
  EXPECT_THROW(hostPostprocess(view, cases::placementOf({"", 2, 2, 2, 4, 4}), false), Error);
}

TEST(Arithmetic, ExponentialIsNearTheTrueOne) {
  for (float x = 0; x > -90; x -= 0.0137f) {
    const double expected = std::exp(static_cast<double>(x));
    EXPECT_NEAR(expNegative(x), expected, expected * 1e-6 + 1e-34) << x;
  }
}

TEST(Arithmetic, WidensEveryHalf) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const int exponent = (bits >> 10) & 31;
    const double fraction = bits & 1023;
    if (exponent == 31) continue;
    const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    EXPECT_EQ(toFloat(Half{static_cast<std::uint16_t>(bits)}), (bits & 0x8000) != 0 ? -magnitude : magnitude);
  }
}

}  // namespace
}  // namespace maskforge
