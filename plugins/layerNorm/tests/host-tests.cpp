// The LayerNorm kernels themselves, run on the processor and compared with double precision.
#include "host-cuda.h"

#include "layer-norm-bfloat16.cu"
#include "layer-norm-float16.cu"
#include "layer-norm-float32.cu"
#include "layer-norm-launch.cu"

#include <gtest/gtest.h>

#include <random>

namespace maskforge {
namespace {

enum class Filling { ordinary, offset, constant, notFinite };

struct Case {
  int rows, width;
  bool residual = false;
  Filling filling = Filling::ordinary;
  int misalignment = 0;
  int multiprocessors = 132;
};

float sample(Filling filling, int row, int column, int width, float noise) {
  switch (filling) {
    case Filling::ordinary: return 3 * noise + static_cast<float>(row % 5);
    case Filling::offset: return 1000 + 4 * noise;
    case Filling::constant: return 31000.0f + static_cast<float>(row);
    case Filling::notFinite: break;
  }
  return row % 2 == 0 && column == row % width ? std::numeric_limits<float>::infinity() : noise;
}

/// 16-byte aligned, as device memory is, then shifted.
template <typename T>
class Aligned {
 public:
  Aligned(std::size_t count, int shift) : bytes_((count + static_cast<std::size_t>(shift)) * sizeof(T) + 16) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    data = reinterpret_cast<T*>((address + 15) / 16 * 16) + shift;
    std::memset(static_cast<void*>(bytes_.data()), 0xff, bytes_.size());  // a NaN in each of the types
  }
  T* data;

 private:
  std::vector<unsigned char> bytes_;
};

template <typename T>
constexpr Element kELEMENT = std::is_same_v<T, float>    ? Element::float32
                             : std::is_same_v<T, __half> ? Element::float16
                                                         : Element::bfloat16;
template <typename T>
constexpr double kHALF_STEP = std::is_same_v<T, float>    ? 0x1p-24
                              : std::is_same_v<T, __half> ? 0x1p-11
                                                          : 0x1p-8;

template <typename T, typename A>
struct Data {
  explicit Data(const Case& which)
      : which(which),
        input(count(), which.misalignment),
        residual(count(), which.misalignment),
        sum(count(), which.misalignment),
        output(count(), which.misalignment),
        gamma(static_cast<std::size_t>(which.width), which.misalignment),
        beta(static_cast<std::size_t>(which.width), which.misalignment) {
    std::mt19937 random(static_cast<unsigned>(which.width));
    std::uniform_real_distribution<float> noise(-1, 1);
    for (int i = 0; i < which.width; ++i) {
      fromFloat(noise(random), gamma.data[i]);
      fromFloat(noise(random), beta.data[i]);
    }
    for (std::size_t i = 0; i < count(); ++i) {
      const int row = static_cast<int>(i) / which.width, column = static_cast<int>(i) % which.width;
      fromFloat(sample(which.filling, row, column, which.width, noise(random)), input.data[i]);
      fromFloat(noise(random), residual.data[i]);
    }
  }
  std::size_t count() const { return static_cast<std::size_t>(which.rows) * static_cast<std::size_t>(which.width); }

  cudaError_t run() {
    LayerNormArguments a;
    a.input = input.data;
    a.residual = which.residual ? residual.data : nullptr;
    a.sum = which.residual ? sum.data : nullptr;
    a.gamma = gamma.data;
    a.beta = beta.data;
    a.output = output.data;
    a.rows = which.rows;
    a.width = which.width;
    a.element = kELEMENT<T>;
    a.floatParameters = std::is_same_v<A, float>;
    return launchLayerNorm(a, which.multiprocessors, nullptr);
  }

  double value(std::size_t i) const {
    const float x = toFloat(input.data[i]);
    if (!which.residual) return x;
    T rounded;
    fromFloat(x + toFloat(residual.data[i]), rounded);
    return toFloat(rounded);
  }

  void checkRow(int row) const {
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(which.width);
    const auto width = static_cast<std::size_t>(which.width);
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < width; ++i) mean += value(first + i) / which.width;
    for (std::size_t i = 0; i < width; ++i) variance += std::pow(value(first + i) - mean, 2) / which.width;
    const double scale = 1 / std::sqrt(variance + 1e-5f);
    for (std::size_t i = 0; i < width; ++i) {
      const double product = (value(first + i) - mean) * scale * toFloat(gamma.data[i]);
      const double beta_ = toFloat(beta.data[i]), wanted = product + beta_;
      const double allowed = kHALF_STEP<T> * std::abs(wanted) + 0x1p-25 +
                             32 * 0x1p-24 * (std::abs(product) + std::abs(beta_)) +
                             16 * 0x1p-48 * std::abs(mean) * scale;
      const double found = toFloat(output.data[first + i]);
      if (std::isnan(wanted)) {
        ASSERT_TRUE(std::isnan(found)) << "row " << row << " column " << i;
      } else {
        ASSERT_NEAR(found, wanted, allowed) << "row " << row << " column " << i;
      }
      if (which.residual) {
        ASSERT_EQ(toFloat(sum.data[first + i]), static_cast<float>(value(first + i)));
      }
    }
  }

  Case which;
  Aligned<T> input, residual, sum, output;
  Aligned<A> gamma, beta;
};

template <typename T, typename A>
void check(const Case& which) {
  Data<T, A> data(which);
  ASSERT_EQ(data.run(), cudaSuccess);
  for (int row = 0; row < which.rows; ++row) {
    data.checkRow(row);
    if (testing::Test::HasFatalFailure()) {
      ADD_FAILURE() << which.rows << " x " << which.width << (which.residual ? " with residual" : "");
      return;
    }
  }
}

void checkTypes(Case which) {
  for (const bool residual : {false, true}) {
    which.residual = residual;
    check<float, float>(which);
    check<__half, __half>(which);
    check<__half, float>(which);
    check<__nv_bfloat16, __nv_bfloat16>(which);
    check<__nv_bfloat16, float>(which);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(LayerNormKernel, everyShapeOfLaunch) {
  for (const int width : {1,   2,   7,   8,   16,  31,  32,  33,  64,   96,   128,  160,  192,
                          250, 256, 257, 320, 384, 512, 513, 768, 1024, 1025, 2048, 4095, 4096})
    checkTypes({3, width});
}

TEST(LayerNormKernel, severalRowsAThread) {
  // A device of one multiprocessor has enough rows soon: the kernels that take several at once run, with a rest.
  for (const int width : {32, 64, 128, 256, 512}) checkTypes({261, width, false, Filling::ordinary, 0, 1});
}

TEST(LayerNormKernel, awkwardNumbers) {
  for (const Filling filling : {Filling::offset, Filling::constant, Filling::notFinite}) {
    for (const int width : {33, 64, 1024}) checkTypes({5, width, false, filling});
  }
}

TEST(LayerNormKernel, addressesBetweenWords) {
  for (const int width : {8, 64, 320}) checkTypes({3, width, false, Filling::ordinary, 1});
}

TEST(LayerNormKernel, refusesWhatDoesNotFit) {
  Data<float, float> data({1, 8});
  data.which.width = kMAX_WIDTH + 1;
  EXPECT_EQ(data.run(), cudaErrorInvalidValue);
  data.which.width = 0;
  EXPECT_EQ(data.run(), cudaErrorInvalidValue);
  data.which.width = 8;
  data.which.rows = -1;
  EXPECT_EQ(data.run(), cudaErrorInvalidValue);
  data.which.rows = 0;
  EXPECT_EQ(data.run(), cudaSuccess);
}

}  // namespace
}  // namespace maskforge
