// The kernel against double precision on the host. Needs a device. With `--bench` it times the kernel instead.
#include <cuda_fp16.h>
#include <cuda_bf16.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "decode-head-launch.h"

namespace maskforge::decodehead {
namespace {

void check(cudaError_t error) {
  if (error != cudaSuccess) throw std::runtime_error(cudaGetErrorString(error));
}

/// Device memory that frees itself.
template <typename T>
class Buffer {
 public:
  explicit Buffer(const std::vector<T>& values) : count_(values.size()) {
    check(cudaMalloc(&data_, count_ * sizeof(T)));
    check(cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(data_); }

  T* get() const { return data_; }
  std::vector<T> read() const {
    std::vector<T> values(count_);
    check(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  T* data_ = nullptr;
  std::size_t count_;
};

struct Case {
  int batch, height, width, channels, inner, classes;
  int mapHeight[kMAPS], mapWidth[kMAPS];
};

template <typename T>
T rounded(float value);
template <>
__half rounded(float value) {
  return __float2half_rn(value);
}
template <>
__nv_bfloat16 rounded(float value) {
  return __float2bfloat16_rn(value);
}
double number(__half value) { return __half2float(value); }
double number(__nv_bfloat16 value) { return __bfloat162float(value); }

template <typename T>
std::vector<T> random(std::size_t count, float scale, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<T> values(count);
  for (T& value : values) value = rounded<T>(normal(generator));
  return values;
}

template <typename T>
struct Problem {
  explicit Problem(const Case& c)
      : size(c),
        feature(random<T>(std::size_t(c.batch) * c.height * c.width * c.channels, 1, 1)),
        weight(random<T>(std::size_t(c.inner) * c.channels, 1 / std::sqrt(float(c.channels)), 2)),
        bias(random<T>(c.inner, 0.5f, 3)),
        classifier(random<T>(std::size_t(c.classes) * c.inner, 1 / std::sqrt(float(c.inner)), 4)),
        classifierBias(random<T>(c.classes, 1, 5)) {
    for (int m = 0; m < kMAPS; ++m)
      maps.push_back(random<T>(std::size_t(c.batch) * c.mapHeight[m] * c.mapWidth[m] * c.inner, 1, 6 + m));
  }

  double enlarged(int m, int n, int y, int x, int d) const {
    const int h = size.mapHeight[m], w = size.mapWidth[m];
    const double fy = std::max(0.0, (y + 0.5) * h / size.height - 0.5), fx = std::max(0.0, (x + 0.5) * w / size.width - 0.5);
    const int top = std::min(int(fy), h - 1), left = std::min(int(fx), w - 1);
    const int bottom = std::min(top + 1, h - 1), right = std::min(left + 1, w - 1);
    const auto at = [&](int yy, int xx) { return number(maps[m][((std::size_t(n) * h + yy) * w + xx) * size.inner + d]); };
    const double ty = fy - top, tx = fx - left;
    return (1 - ty) * ((1 - tx) * at(top, left) + tx * at(top, right)) +
           ty * ((1 - tx) * at(bottom, left) + tx * at(bottom, right));
  }

  /// Logits of one pixel.
  std::vector<double> logits(int n, int y, int x) const {
    std::vector<double> result(size.classes);
    for (int k = 0; k < size.classes; ++k) result[k] = number(classifierBias[k]);
    const T* pixel = &feature[((std::size_t(n) * size.height + y) * size.width + x) * size.channels];
    for (int d = 0; d < size.inner; ++d) {
      double sum = number(bias[d]);
      for (int c = 0; c < size.channels; ++c) sum += number(weight[std::size_t(d) * size.channels + c]) * number(pixel[c]);
      for (int m = 0; m < kMAPS; ++m) sum += enlarged(m, n, y, x, d);
      sum = std::max(0.0, sum);
      for (int k = 0; k < size.classes; ++k) result[k] += number(classifier[std::size_t(k) * size.inner + d]) * sum;
    }
    return result;
  }

  Case size;
  std::vector<T> feature, weight, bias, classifier, classifierBias;
  std::vector<std::vector<T>> maps;
};

template <typename T>
struct OnDevice {
  explicit OnDevice(const Problem<T>& p)
      : feature(p.feature), weight(p.weight), bias(p.bias), classifier(p.classifier), classifierBias(p.classifierBias),
        map0(p.maps[0]), map1(p.maps[1]), map2(p.maps[2]),
        // Poisoned, so that an element that is not written shows.
        logits(std::vector<T>(std::size_t(p.size.batch) * p.size.classes * p.size.height * p.size.width, rounded<T>(NAN))) {
    const T* data[] = {map0.get(), map1.get(), map2.get()};
    a.type = std::is_same_v<T, __half> ? Type::float16 : Type::bfloat16;
    a.batch = p.size.batch, a.height = p.size.height, a.width = p.size.width;
    a.channels = p.size.channels, a.inner = p.size.inner, a.classes = p.size.classes;
    a.feature = feature.get(), a.weight = weight.get(), a.bias = bias.get();
    a.classifier = classifier.get(), a.classifierBias = classifierBias.get(), a.logits = logits.get();
    for (int m = 0; m < kMAPS; ++m) a.map[m] = {data[m], p.size.mapHeight[m], p.size.mapWidth[m]};
  }
  Buffer<T> feature, weight, bias, classifier, classifierBias, map0, map1, map2, logits;
  Arguments a;
};

template <typename T>
void expectEqual(const Case& c, double tolerance) {
  const Problem<T> problem(c);
  const OnDevice<T> device(problem);
  check(launchDecodeHead(device.a, nullptr));
  check(cudaDeviceSynchronize());
  const std::vector<T> got = device.logits.read();
  const auto isNumber = [](const T& value) { return std::isfinite(number(value)); };
  EXPECT_TRUE(std::all_of(got.begin(), got.end(), isNumber));
  double difference = 0, size = 0;
  const std::size_t plane = std::size_t(c.height) * c.width;
  // Every pixel of small maps, a part of the others: the reference is slow.
  const int step = plane * c.inner > 400000 ? 37 : 1;
  for (int n = 0; n < c.batch; ++n)
    for (std::size_t at = 0; at < plane; at += step) {
      const std::vector<double> want = problem.logits(n, int(at / c.width), int(at % c.width));
      for (int k = 0; k < c.classes; ++k) {
        const double error = number(got[(std::size_t(n) * c.classes + k) * plane + at]) - want[k];
        difference += error * error, size += want[k] * want[k];
      }
    }
  EXPECT_LT(std::sqrt(difference / size), tolerance);
}

class Sizes : public testing::TestWithParam<Case> {};

TEST_P(Sizes, Float16) { expectEqual<__half>(GetParam(), 1.5e-3); }
TEST_P(Sizes, Bfloat16) { expectEqual<__nv_bfloat16>(GetParam(), 1.2e-2); }

INSTANTIATE_TEST_SUITE_P(
    DecodeHead, Sizes,
    testing::Values(Case{1, 8, 12, 16, 64, 5, {4, 2, 1}, {6, 3, 2}}, Case{2, 16, 16, 32, 256, 19, {8, 4, 2}, {8, 4, 2}},
                    Case{1, 9, 7, 64, 128, 1, {5, 3, 2}, {4, 2, 1}}, Case{1, 32, 32, 64, 256, 32, {16, 8, 4}, {16, 8, 4}},
                    Case{1, 16, 20, 64, 768, 33, {8, 4, 2}, {10, 5, 3}}, Case{1, 16, 24, 128, 256, 150, {8, 4, 2}, {12, 6, 3}},
                    Case{3, 5, 5, 16, 64, 160, {5, 3, 1}, {5, 2, 1}}, Case{1, 256, 256, 64, 768, 19, {128, 64, 32}, {128, 64, 32}},
                    Case{1, 128, 128, 32, 256, 19, {64, 32, 16}, {64, 32, 16}}));

TEST(DecodeHead, RefusesSizesThatItDoesNotServe) {
  Arguments a;
  a.batch = a.height = a.width = 1, a.channels = 16, a.inner = 64, a.classes = 161;
  for (Map& map : a.map) map = {nullptr, 1, 1};
  EXPECT_EQ(launchDecodeHead(a, nullptr), cudaErrorInvalidValue);
  a.classes = 5, a.inner = 65;
  EXPECT_EQ(launchDecodeHead(a, nullptr), cudaErrorInvalidValue);
  a.inner = 64, a.channels = 24;
  EXPECT_EQ(launchDecodeHead(a, nullptr), cudaErrorInvalidValue);
  a.channels = 16, a.map[1].height = 0;
  EXPECT_EQ(launchDecodeHead(a, nullptr), cudaErrorInvalidValue);
}

/// Median milliseconds by events. One problem is larger than it seems: its maps pass through the L2 between two runs of
/// a network as they do here, so nothing is rotated.
float median(const Arguments& a) {
  cudaEvent_t start, end;
  check(cudaEventCreate(&start));
  check(cudaEventCreate(&end));
  std::vector<float> times;
  for (int i = 0; i < 120; ++i) {
    check(cudaEventRecord(start));
    check(launchDecodeHead(a, nullptr));
    check(cudaEventRecord(end));
    check(cudaEventSynchronize(end));
    float time = 0;
    check(cudaEventElapsedTime(&time, start, end));
    if (i >= 20) times.push_back(time);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void bench() {
  const struct {
    const char* name;
    Case size;
  } cases[] = {{"B0 512", {1, 128, 128, 32, 256, 19, {64, 32, 16}, {64, 32, 16}}},
               {"B1 1024", {1, 256, 256, 64, 256, 19, {128, 64, 32}, {128, 64, 32}}},
               {"B2 1024", {1, 256, 256, 64, 768, 19, {128, 64, 32}, {128, 64, 32}}},
               {"B2 1024, 150 classes", {1, 256, 256, 64, 768, 150, {128, 64, 32}, {128, 64, 32}}}};
  std::printf("[");
  const char* separator = "";
  for (const auto& one : cases) {
    const Problem<__half> problem(one.size);
    const OnDevice<__half> device(problem);
    std::printf("%s{\"kernel\": \"DecodeHead\", \"case\": \"%s\", \"medianMs\": %.5f}", separator, one.name, median(device.a));
    separator = ",\n ";
  }
  std::printf("]\n");
}

}  // namespace
}  // namespace maskforge::decodehead

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--bench") {
    maskforge::decodehead::bench();
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
