// Depthwise convolution + GELU on a GPU against double precision.
//   maskforge_depthwisegelu_gpu_tests [--quick]
//   maskforge_depthwisegelu_gpu_tests --bench OUT.json
#include <cmath>
#include <memory>

#include "depthwise-gelu-launch.h"
#include "elements.cuh"
#include "gpu-support.h"

namespace maskforge::gpu {
namespace {

using Arguments = DepthwiseGeluArguments;

struct Case {
  int batch, height, width, channels;
  DepthwiseElement element = DepthwiseElement::float16;
  bool floatParameters = false;
  /// Size of the input's numbers.
  float scale = 2;
  int misalignment = 0;

  int elementSize() const { return element == DepthwiseElement::float32 ? 4 : 2; }
  int parameterSize() const { return floatParameters ? 4 : elementSize(); }
  std::size_t count() const { return static_cast<std::size_t>(batch) * height * width * channels; }
  std::string describe() const {
    static const char* const names[] = {"FP32", "FP16", "BF16"};
    return std::to_string(batch) + "x" + std::to_string(height) + "x" + std::to_string(width) + "x" +
           std::to_string(channels) + " " + names[static_cast<int>(element)] +
           (floatParameters ? " FP32 weights" : "") + (misalignment != 0 ? " off" : "") + " scale " +
           std::to_string(scale);
  }
};

template <typename Use>
void withTypes(const Case& which, const Use& use) {
  switch (which.element) {
    case DepthwiseElement::float32: return use(float{}, float{});
    case DepthwiseElement::float16: return which.floatParameters ? use(__half{}, float{}) : use(__half{}, __half{});
    case DepthwiseElement::bfloat16:
      return which.floatParameters ? use(__nv_bfloat16{}, float{}) : use(__nv_bfloat16{}, __nv_bfloat16{});
  }
}

struct Memory {
  explicit Memory(const Case& which)
      : which(which),
        input((which.count() + 8) * which.elementSize()),
        output(input.size()),
        weight(static_cast<std::size_t>(which.channels * 9 + 8) * which.parameterSize()),
        bias(static_cast<std::size_t>(which.channels + 8) * which.parameterSize()) {}

  Arguments arguments() const {
    const std::size_t shift = static_cast<std::size_t>(which.misalignment);
    Arguments a;
    a.input = input.at(shift * which.elementSize());
    a.output = output.at(shift * which.elementSize());
    a.weight = weight.at(shift * which.parameterSize());
    a.bias = bias.at(shift * which.parameterSize());
    a.batch = which.batch;
    a.height = which.height;
    a.width = which.width;
    a.channels = which.channels;
    a.element = which.element;
    a.floatParameters = which.floatParameters;
    return a;
  }

  Case which;
  Buffer input, output, weight, bias;
};

template <typename T>
__global__ void fillNoise(T* to, std::size_t count, float scale, std::uint32_t seed) {
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<std::size_t>(gridDim.x) * blockDim.x)
    fromFloat(scale * noise(i, seed), to[i]);
}

void fill(const Memory& memory, std::uint32_t seed, cudaStream_t stream) {
  const Arguments a = memory.arguments();
  const std::size_t channels = static_cast<std::size_t>(a.channels);
  withTypes(memory.which, [&](auto t, auto p) {
    using T = decltype(t);
    using A = decltype(p);
    const auto noiseTo = [&](auto* to, std::size_t count, float scale, std::uint32_t which) {
      fillNoise<<<1024, 256, 0, stream>>>(to, count, scale, which);
      check(cudaGetLastError(), "fillNoise");
    };
    noiseTo(static_cast<T*>(const_cast<void*>(a.input)), memory.which.count(), memory.which.scale, seed);
    noiseTo(static_cast<A*>(const_cast<void*>(a.weight)), channels * 9, 0.7f, seed + 1);
    noiseTo(static_cast<A*>(const_cast<void*>(a.bias)), channels, 1.0f, seed + 2);
  });
  check(cudaMemsetAsync(memory.output.at(), 0xff, memory.output.size(), stream), "cudaMemset");
}

struct Verdict {
  unsigned long long wrong = 0, firstWrong = ~0ull;
  float worst = 0;
};

/// What is allowed: the rounding of the result, 16 roundings of FP32 in the sum, and in 16 bits the quick GELU's error.
template <typename T, typename A>
__global__ void compareAll(Arguments a, std::size_t count, Verdict* verdict) {
  const double half =
      sizeof(T) == 4 ? 0x1p-24 : (sizeof(T) == 2 && toFloat(T(1.00390625f)) == 1.00390625f ? 0x1p-11 : 0x1p-8);
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<std::size_t>(gridDim.x) * blockDim.x) {
    const int c = static_cast<int>(i % a.channels), x = static_cast<int>(i / a.channels % a.width);
    const int y = static_cast<int>(i / a.channels / a.width % a.height);
    const std::size_t image = i / a.channels / a.width / a.height;
    double sum = toFloat(static_cast<const A*>(a.bias)[c]), magnitude = fabs(sum);
    for (int tap = 0; tap < 9; ++tap) {
      const int yy = y + tap / 3 - 1, xx = x + tap % 3 - 1;
      if (yy < 0 || yy >= a.height || xx < 0 || xx >= a.width) continue;
      const double value =
          toFloat(static_cast<const T*>(a.input)[((image * a.height + yy) * a.width + xx) * a.channels + c]);
      const double product =
          value * toFloat(static_cast<const A*>(a.weight)[static_cast<std::size_t>(tap) * a.channels + c]);
      sum += product;
      magnitude += fabs(product);
    }
    const double wanted = 0.5 * sum * erfc(sum * -0.70710678118654752440);
    const double found = toFloat(static_cast<const T*>(a.output)[i]);
    const double allowed = half * fabs(wanted) + (sizeof(T) == 2 ? 0x1p-25 : 0x1p-149) +
                           16 * 0x1p-24 * 1.13 * magnitude + (sizeof(T) == 2 ? 4e-7 : 2e-7) * fabs(sum);
    const float share = isnan(found) ? INFINITY : static_cast<float>(fabs(found - wanted) / allowed);
    atomicMax(reinterpret_cast<int*>(&verdict->worst), __float_as_int(share));
    if (share <= 1) continue;
    atomicAdd(&verdict->wrong, 1ull);
    atomicMin(&verdict->firstWrong, static_cast<unsigned long long>(i));
  }
}

Verdict compare(const Memory& memory, cudaStream_t stream) {
  const Buffer result(sizeof(Verdict));
  Verdict verdict;
  check(cudaMemcpyAsync(result.at(), &verdict, sizeof verdict, cudaMemcpyHostToDevice, stream), "cudaMemcpy");
  withTypes(memory.which, [&](auto t, auto p) {
    compareAll<decltype(t), decltype(p)>
        <<<2048, 256, 0, stream>>>(memory.arguments(), memory.which.count(), result.at<Verdict>());
    check(cudaGetLastError(), "compareAll");
  });
  check(cudaMemcpyAsync(&verdict, result.at(), sizeof verdict, cudaMemcpyDeviceToHost, stream), "cudaMemcpy");
  check(cudaStreamSynchronize(stream), "compareAll");
  return verdict;
}

class Tests {
 public:
  void run(bool quick) {
    const Stream stream;
    judgeTheJudge(stream);
    for (const DepthwiseElement element :
         {DepthwiseElement::float32, DepthwiseElement::float16, DepthwiseElement::bfloat16}) {
      for (const bool floatParameters : {true, false}) {
        if (element == DepthwiseElement::float32 && !floatParameters) continue;
        for (const Case& shape : shapes(quick)) {
          Case which = shape;
          which.element = element;
          which.floatParameters = floatParameters;
          for (const float scale : {0.05f, 2.0f, 12.0f}) {
            which.scale = scale;
            one(stream, which);
          }
        }
      }
    }
  }
  int finish() const {
    std::printf("%d checks, %d failed; largest error %.2f of what is allowed\n", checks_, failures_, worst_);
    return failures_ == 0 ? 0 : 1;
  }

 private:
  static std::vector<Case> shapes(bool quick) {
    std::vector<Case> all{{1, 1, 1, 1},   {2, 1, 5, 4},    {1, 5, 1, 3},     {2, 2, 2, 129},  {1, 3, 17, 128},
                          {3, 7, 5, 132}, {1, 16, 16, 96}, {1, 33, 31, 256}, {1, 65, 67, 33}, {2, 16, 20, 640}};
    for (const Case& shape : std::vector<Case>(all)) {
      Case off = shape;
      off.misalignment = 3;
      all.push_back(off);
    }
    if (quick) return all;
    for (const Case& shape : std::vector<Case>{{1, 256, 256, 256},
                                               {1, 128, 128, 512},
                                               {1, 64, 64, 1280},
                                               {1, 32, 32, 2048},
                                               {3, 128, 128, 128},
                                               {1, 200, 333, 64}})
      all.push_back(shape);
    return all;
  }

  void one(const Stream& stream, const Case& which) {
    const Memory memory(which);
    fill(memory, seed_ += 5, stream);
    check(launchDepthwiseGelu(memory.arguments(), multiprocessors(), stream), which.describe().c_str());
    const Verdict verdict = compare(memory, stream);
    note(verdict.wrong == 0, which.describe() + ": " + std::to_string(verdict.wrong) + " wrong, the first at " +
                                 std::to_string(verdict.firstWrong) + ", " + std::to_string(verdict.worst) +
                                 " x allowed");
    worst_ = std::max(worst_, verdict.worst);
  }

  void judgeTheJudge(const Stream& stream) {
    const Memory memory(Case{1, 4, 4, 8});
    fill(memory, 1, stream);
    note(compare(memory, stream).wrong == 4 * 4 * 8, "untouched output must not pass");
    Arguments spoilt = memory.arguments();
    spoilt.bias = nullptr;
    note(launchDepthwiseGelu(spoilt, 132, stream) == cudaErrorInvalidValue, "no bias must be refused");
    spoilt = memory.arguments();
    spoilt.batch = 0;
    note(launchDepthwiseGelu(spoilt, 132, stream) == cudaSuccess, "an empty batch is no error");
  }

  void note(bool good, const std::string& what) {
    ++checks_;
    if (!good && ++failures_ <= 20) std::fprintf(stderr, "FAILED %s\n", what.c_str());
  }

  int checks_ = 0, failures_ = 0;
  float worst_ = 0;
  std::uint32_t seed_ = 1;
};

/// A thread for each number, nothing shared; then GELU on its own: what the two separate steps cost at least.
__global__ void naiveConvolution(Arguments a, std::size_t count) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int c = static_cast<int>(i % a.channels), x = static_cast<int>(i / a.channels % a.width);
  const int y = static_cast<int>(i / a.channels / a.width % a.height);
  const std::size_t image = i / a.channels / a.width / a.height;
  float sum = __half2float(static_cast<const __half*>(a.bias)[c]);
  for (int tap = 0; tap < 9; ++tap) {
    const int yy = y + tap / 3 - 1, xx = x + tap % 3 - 1;
    if (yy < 0 || yy >= a.height || xx < 0 || xx >= a.width) continue;
    sum +=
        __half2float(static_cast<const __half*>(a.input)[((image * a.height + yy) * a.width + xx) * a.channels + c]) *
        __half2float(static_cast<const __half*>(a.weight)[static_cast<std::size_t>(tap) * a.channels + c]);
  }
  static_cast<__half*>(a.output)[i] = __float2half(sum);
}

__global__ void naiveGelu(__half* values, std::size_t count) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float value = __half2float(values[i]);
  values[i] = __float2half(0.5f * value * (1.0f + erff(value * 0.70710678f)));
}

int runBenchmark(const std::string& path) {
  const Stream stream;
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error("cannot write " + path);
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  std::fprintf(file, "{\n  \"device\": \"%s\",\n  \"entries\": [", properties.name);
  bool first = true;
  for (const auto& [height, channels] : std::vector<std::pair<int, int>>{{256, 256},
                                                                         {128, 512},
                                                                         {64, 1280},
                                                                         {32, 2048},
                                                                         {256, 128},
                                                                         {128, 256},
                                                                         {64, 640},
                                                                         {32, 1024},
                                                                         {128, 128},
                                                                         {16, 1024}}) {
    const Case which{1, height, height, channels};
    const std::size_t bytes = which.count() * 2;
    const int sets = setsBeyondCache(2 * bytes);
    std::vector<std::unique_ptr<Memory>> memories;
    for (int set = 0; set < sets; ++set) {
      memories.push_back(std::make_unique<Memory>(which));
      fill(*memories.back(), static_cast<std::uint32_t>(set), stream);
    }
    stream.wait();
    const int processors = multiprocessors();
    const auto time = [&](bool rotating, bool naive) {
      return medianMicroseconds(stream, std::max(sets, 48), 15, [&](int index) {
        const Arguments a = memories[static_cast<std::size_t>(rotating ? index % sets : 0)]->arguments();
        if (!naive) return check(launchDepthwiseGelu(a, processors, stream), "launch");
        const unsigned blocks = static_cast<unsigned>((which.count() + 255) / 256);
        naiveConvolution<<<blocks, 256, 0, stream>>>(a, which.count());
        naiveGelu<<<blocks, 256, 0, stream>>>(static_cast<__half*>(a.output), which.count());
        check(cudaGetLastError(), "naive");
      });
    };
    const double cold = time(true, false), warm = time(false, false), naive = time(true, true);
    const double coldCopy = copyMicroseconds(stream, bytes, true), warmCopy = copyMicroseconds(stream, bytes, false);
    std::fprintf(file,
                 "%s\n    {\"height\": %d, \"width\": %d, \"channels\": %d, \"type\": \"float16\", \"coldUs\": %.2f, "
                 "\"warmUs\": "
                 "%.2f, \"coldCopyUs\": %.2f, \"warmCopyUs\": %.2f, \"naiveColdUs\": %.2f}",
                 first ? "" : ",", height, height, channels, cold, warm, coldCopy, warmCopy, naive);
    first = false;
    std::printf(
        "%3d x %3d x %4d FP16  cold %7.2f us (copy %7.2f)  warm %7.2f us (copy %7.2f)  naive in two steps %7.2f us\n",
        height, height, channels, cold, coldCopy, warm, warmCopy, naive);
  }
  std::fprintf(file, "\n  ]\n}\n");
  std::fclose(file);
  return 0;
}

}  // namespace
}  // namespace maskforge::gpu

int main(int argc, char** argv) {
  try {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "--bench" && argc == 3) return maskforge::gpu::runBenchmark(argv[2]);
    if (!mode.empty() && mode != "--quick") {
      std::fprintf(stderr, "usage: %s [--quick | --bench OUT.json]\n", argv[0]);
      return 2;
    }
    maskforge::gpu::Tests tests;
    tests.run(mode == "--quick");
    return tests.finish();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
