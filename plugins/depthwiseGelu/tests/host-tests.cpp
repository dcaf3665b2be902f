// The kernel itself, run on the processor and compared with double precision.
#include "host-cuda.h"

#include "depthwise-gelu-launch.cu"

#include <gtest/gtest.h>

#include <random>

namespace maskforge {
namespace {

struct Shape {
  int batch, height, width, channels;
};

template <typename T>
constexpr DepthwiseElement kELEMENT = std::is_same_v<T, float>    ? DepthwiseElement::float32
                                      : std::is_same_v<T, __half> ? DepthwiseElement::float16
                                                                  : DepthwiseElement::bfloat16;
template <typename T>
constexpr double kHALF_STEP = std::is_same_v<T, float>    ? 0x1p-24
                              : std::is_same_v<T, __half> ? 0x1p-11
                                                          : 0x1p-8;

template <typename T>
struct alignas(16) Word {
  T values[16 / sizeof(T)];
};

/// 16-byte aligned and poisoned.
template <typename T>
class Memory {
 public:
  Memory(std::size_t count, int shift) : words_(count * sizeof(T) / 16 + 2), data(words_[0].values + shift) {
    std::memset(static_cast<void*>(words_.data()), 0xff, words_.size() * 16);
  }

 private:
  std::vector<Word<T>> words_;

 public:
  T* data;
};

template <typename T, typename A>
void check(const Shape& s, float scale, int shift = 0, int multiprocessors = 132) {
  const auto channels = static_cast<std::size_t>(s.channels);
  const std::size_t count = static_cast<std::size_t>(s.batch * s.height * s.width) * channels;
  Memory<T> input(count, shift), output(count, shift);
  Memory<A> weight(9 * channels, shift), bias(channels, shift);
  std::mt19937 random(7);
  std::uniform_real_distribution<float> noise(-1, 1);
  for (std::size_t i = 0; i < count; ++i) fromFloat(scale * noise(random), input.data[i]);
  for (std::size_t i = 0; i < 9 * channels; ++i) fromFloat(noise(random), weight.data[i]);
  for (std::size_t i = 0; i < channels; ++i) fromFloat(noise(random), bias.data[i]);
  DepthwiseGeluArguments a;
  a.input = input.data;
  a.weight = weight.data;
  a.bias = bias.data;
  a.output = output.data;
  a.batch = s.batch;
  a.height = s.height;
  a.width = s.width;
  a.channels = s.channels;
  a.element = kELEMENT<T>;
  a.floatParameters = std::is_same_v<A, float>;
  ASSERT_EQ(launchDepthwiseGelu(a, multiprocessors, nullptr), cudaSuccess);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t c = i % channels, pixel = i / channels;
    const int x = static_cast<int>(pixel) % s.width, y = static_cast<int>(pixel) / s.width % s.height;
    double sum = toFloat(bias.data[c]), magnitude = std::abs(sum);
    for (int tap = 0; tap < 9; ++tap) {
      const int dy = tap / 3 - 1, dx = tap % 3 - 1;
      if (y + dy < 0 || y + dy >= s.height || x + dx < 0 || x + dx >= s.width) continue;
      const auto neighbour = static_cast<std::size_t>(static_cast<int>(pixel) + dy * s.width + dx);
      const double product = static_cast<double>(toFloat(input.data[neighbour * channels + c])) *
                             toFloat(weight.data[static_cast<std::size_t>(tap) * channels + c]);
      sum += product;
      magnitude += std::abs(product);
    }
    const double wanted = 0.5 * sum * std::erfc(sum * -0.70710678118654752440);
    const double allowed = kHALF_STEP<T> * std::abs(wanted) + 0x1p-25 + 16 * 0x1p-24 * 1.13 * magnitude +
                           (sizeof(T) == 2 ? 4e-7 : 2e-7) * std::abs(sum);
    ASSERT_NEAR(toFloat(output.data[i]), wanted, allowed)
        << s.batch << "x" << s.height << "x" << s.width << "x" << s.channels << " at " << i;
  }
}

void checkTypes(const Shape& shape, float scale, int shift = 0, int multiprocessors = 132) {
  check<float, float>(shape, scale, shift, multiprocessors);
  check<__half, __half>(shape, scale, shift, multiprocessors);
  check<__half, float>(shape, scale, shift, multiprocessors);
  check<__nv_bfloat16, __nv_bfloat16>(shape, scale, shift, multiprocessors);
  check<__nv_bfloat16, float>(shape, scale, shift, multiprocessors);
}

TEST(DepthwiseGeluKernel, shapes) {
  for (const Shape& shape : {Shape{1, 1, 1, 1},
                             {2, 1, 5, 4},
                             {1, 5, 1, 3},
                             {2, 2, 2, 129},
                             {1, 3, 17, 128},
                             {3, 7, 5, 132},
                             {1, 9, 33, 8},
                             {1, 20, 6, 64}})
    checkTypes(shape, 2);
}

TEST(DepthwiseGeluKernel, longStrips) {
  for (const int height : {3, 11, 12, 13, 64, 65, 130}) checkTypes({1, height, 5, 8}, 2, 0, 1);
}

TEST(DepthwiseGeluKernel, smallAndLargeNumbers) {
  for (const float scale : {0.02f, 12.0f}) checkTypes({1, 8, 9, 36}, scale);
}

TEST(DepthwiseGeluKernel, addressesBetweenWords) { checkTypes({1, 6, 9, 36}, 2, 1); }

TEST(DepthwiseGeluKernel, refusesWhatDoesNotFit) {
  DepthwiseGeluArguments a;
  EXPECT_EQ(launchDepthwiseGelu(a, 132, nullptr), cudaErrorInvalidValue);
  float number = 0;
  a.input = a.weight = a.bias = a.output = &number;
  a.channels = 1;
  EXPECT_EQ(launchDepthwiseGelu(a, 132, nullptr), cudaSuccess);
  a.batch = -1;
  EXPECT_EQ(launchDepthwiseGelu(a, 132, nullptr), cudaErrorInvalidValue);
}

}  // namespace
}  // namespace maskforge
