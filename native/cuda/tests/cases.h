// Inputs that the tests of the host and of the device share: awkward sizes, every format, every type.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "maskforge/host_reference.h"
#include "maskforge/session.h"

namespace maskforge::cases {

class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  std::uint32_t next() { return state_ = state_ * 1664525u + 1013904223u; }
  float unit() { return static_cast<float>(next() >> 8) / 16777216.0f; }
  std::vector<std::uint8_t> bytes(std::size_t count) {
    std::vector<std::uint8_t> data(count);
    for (auto& byte : data) byte = static_cast<std::uint8_t>(next() >> 24);
    return data;
  }

 private:
  std::uint32_t state_;
};

struct PreprocessCase {
  std::string name;
  PixelFormat format = PixelFormat::rgba8;
  int width = 0, height = 0;
  int resizedWidth = 0, resizedHeight = 0;
  int inputWidth = 0, inputHeight = 0;
  std::vector<Placement::Tile> tiles{Placement::Tile{}};
  int elementBytes = 4;
  int channels = 3;
  bool nhwc = false;
  Resample resample = Resample::bilinear;
  int strideExtra = 0;
  YuvMatrix matrix = YuvMatrix::bt709;
  bool fullRange = false;
  bool reversed = false;
  int frames = 1;
};

inline std::vector<PreprocessCase> sizeCases() {
  std::vector<PreprocessCase> cases;
  const int sizes[][6] = {
      {64, 48, 64, 48, 64, 48},      {61, 47, 61, 47, 61, 47},    {1, 1, 1, 1, 1, 1},
      {1, 1, 33, 17, 33, 17},        {200, 100, 50, 25, 64, 32},  {37, 91, 128, 128, 128, 128},
      {640, 360, 128, 72, 128, 128}, {53, 29, 53, 64, 53, 64},    {53, 29, 64, 29, 64, 29},
      {7680, 3, 512, 2, 512, 8},     {3, 700, 2, 64, 4, 64},      {130, 130, 129, 131, 160, 160},
      {127, 65, 127, 65, 128, 96},   {1023, 5, 1024, 5, 1024, 5}, {255, 255, 3, 3, 5, 7},
  };
  for (const auto& size : sizes) {
    PreprocessCase test;
    test.width = size[0];
    test.height = size[1];
    test.resizedWidth = size[2];
    test.resizedHeight = size[3];
    test.inputWidth = size[4];
    test.inputHeight = size[5];
    cases.push_back(test);
  }
  return cases;
}

/// Every size in every format; type, layout, channels and filter take turns, so that each pair of neighbours in the
/// pipeline meets.
inline std::vector<PreprocessCase> preprocessCases() {
  std::vector<PreprocessCase> cases;
  const PixelFormat formats[] = {PixelFormat::rgb8, PixelFormat::rgba8, PixelFormat::nv12};
  const Resample filters[] = {Resample::bilinear, Resample::bicubic, Resample::nearest};
  const int elements[] = {4, 2, 1};
  int turn = 0;
  for (const PreprocessCase& size : sizeCases()) {
    for (const PixelFormat format : formats) {
      for (const Resample filter : filters) {
        for (const int element : elements) {
          PreprocessCase test = size;
          test.format = format;
          test.resample = filter;
          test.elementBytes = element;
          test.channels = turn % 5 == 3 ? 1 : 3;
          test.nhwc = turn % 2 == 1;
          test.reversed = turn % 3 == 1;
          test.strideExtra = turn % 4 == 2 ? 5 : turn % 4 == 3 ? 16 : 0;
          test.matrix = turn % 7 < 3 ? YuvMatrix::bt601 : YuvMatrix::bt709;
          test.fullRange = turn % 6 < 3;
          test.frames = turn % 11 == 5 ? 3 : 1;
          test.name = std::to_string(turn++);
          cases.push_back(test);
        }
      }
    }
  }
  PreprocessCase tiled;
  tiled.width = tiled.resizedWidth = 150;
  tiled.height = tiled.resizedHeight = 90;
  tiled.inputWidth = tiled.inputHeight = 64;
  tiled.tiles = {{0, 0}, {44, 0}, {88, 0}, {0, 28}, {44, 28}, {88, 28}};
  for (const PixelFormat format : formats) {
    for (int step = 0; step < 2; ++step) {
      tiled.format = format;
      tiled.elementBytes = step == 0 ? 4 : 2;
      tiled.frames = step + 1;
      tiled.nhwc = step == 1;
      tiled.name = std::to_string(turn++);
      cases.push_back(tiled);
    }
  }
  return cases;
}

inline Frame frameOf(const PreprocessCase& test, const std::uint8_t* pixels) {
  Frame frame;
  frame.pixels = pixels;
  frame.width = test.width;
  frame.height = test.height;
  frame.format = test.format;
  frame.matrix = test.matrix;
  frame.fullRange = test.fullRange;
  frame.stride = smallestStride(test.format, test.width) + static_cast<std::size_t>(test.strideExtra);
  return frame;
}

inline Placement placementOf(const PreprocessCase& test, Random& random) {
  Placement placement;
  placement.resizedWidth = test.resizedWidth;
  placement.resizedHeight = test.resizedHeight;
  placement.inputWidth = test.inputWidth;
  placement.inputHeight = test.inputHeight;
  placement.tiles = test.tiles;
  placement.fill = random.bytes(static_cast<std::size_t>(test.channels * test.elementBytes));
  placement.maskWidth = placement.maskHeight = 1;
  return placement;
}

/// Tables of random bytes: any mix-up of channel, level or byte shows.
inline Normalisation normalisationOf(const PreprocessCase& test, Random& random) {
  Normalisation normalisation;
  normalisation.nhwc = test.nhwc;
  normalisation.channels = test.channels;
  normalisation.resample = test.resample;
  if (test.reversed) normalisation.source = {2, 1, 0};
  normalisation.tables = random.bytes(static_cast<std::size_t>(test.channels) * 256 * test.elementBytes);
  return normalisation;
}

struct PostprocessCase {
  std::string name;
  int classes = 0, gridWidth = 0, gridHeight = 0, maskWidth = 0, maskHeight = 0;
  /// Part of the grid that the mask shows; 0 for all of it.
  double shownX = 0, shownY = 0;
  bool wide = false;
};

inline std::vector<PostprocessCase> postprocessCases() {
  return {
      {"a quarter", 12, 32, 24, 128, 96},
      {"an eighth", 19, 16, 16, 128, 128},
      {"an odd ratio", 19, 17, 13, 113, 71},
      {"smaller in one direction", 5, 40, 9, 23, 60},
      {"larger than the mask", 7, 64, 48, 20, 15},
      {"the mask's own size", 4, 31, 22, 31, 22},
      {"one position", 6, 1, 1, 5, 4},
      {"one row", 6, 9, 1, 50, 7},
      {"one column", 6, 1, 9, 7, 50},
      {"a 1 x 1 mask", 6, 9, 9, 1, 1},
      {"many classes", 300, 9, 7, 40, 30, 0, 0, true},
      {"padding", 9, 32, 32, 70, 40, 28, 16},
      {"a single logit", 1, 20, 10, 83, 41},
      {"two classes, wide strip", 2, 512, 2, 2049, 9},
      {"150 classes", 150, 32, 32, 131, 128},
  };
}

inline Placement placementOf(const PostprocessCase& test) {
  Placement placement;
  placement.resizedWidth = placement.inputWidth = test.gridWidth;
  placement.resizedHeight = placement.inputHeight = test.gridHeight;
  placement.maskWidth = test.maskWidth;
  placement.maskHeight = test.maskHeight;
  placement.scaleX = (test.shownX > 0 ? test.shownX : test.gridWidth) / test.maskWidth;
  placement.scaleY = (test.shownY > 0 ? test.shownY : test.gridHeight) / test.maskHeight;
  return placement;
}

inline std::uint16_t toHalfBits(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, 4);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const int exponent = static_cast<int>((bits >> 23) & 255) - 112;
  if (exponent <= 0) return static_cast<std::uint16_t>(sign);
  return static_cast<std::uint16_t>(sign | (static_cast<std::uint32_t>(exponent) << 10) | ((bits >> 13) & 0x3ffu));
}

/// Logits in -4 … 4 as elements of `type`: smooth along rows, so that some cells have one winner and some several.
inline std::vector<std::uint8_t> logits(std::size_t count, DataType type, std::uint32_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> data(count * elementBytes(type));
  float value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value * 0.7f + (random.unit() - 0.5f) * 2.4f;
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    const auto brain = static_cast<std::uint16_t>(bits >> 16);
    const std::uint16_t half = toHalfBits(value);
    if (type == DataType::float32) std::memcpy(&data[i * 4], &value, 4);
    else std::memcpy(&data[i * 2], type == DataType::float16 ? &half : &brain, 2);
  }
  return data;
}

}  // namespace maskforge::cases
