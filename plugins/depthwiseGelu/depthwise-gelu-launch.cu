// A thread owns COUNT channels of kCOLUMNS neighbouring columns and walks down a strip of rows. Each row that it reads
// goes into three sums, those of the output rows above, at and below it; so every row of a strip is loaded once, and
// the next one is under way while this one is worked on. A warp's threads lie along the channels, its block's warps
// along the columns, whose shared borders the first-level cache serves.
#include "depthwise-gelu-launch.h"

#include <algorithm>

#include "elements.cuh"

namespace maskforge {
namespace {

constexpr int kLANES = 32;
constexpr int kWARPS = 4;
constexpr int kCOLUMNS = 4;
/// Blocks that a multiprocessor holds at once, by their registers.
constexpr int kBLOCKS_AT_ONCE = 3;
constexpr int kMOST_ROWS = 64;

/// Half of erfc as a polynomial times a Gaussian, after Abramowitz and Stegun, Handbook of Mathematical Functions,
/// 7.1.26: off by 1.5e-7 at most. As a product it keeps its precision where GELU nears zero.
__device__ inline float quickGelu(float x) {
  const float a = fabsf(x) * 0.70710678f;
  const float t = __fdividef(1.0f, fmaf(0.3275911f, a, 1.0f));
  float half = fmaf(0.5307027145f, t, -0.726576013f);
  half = fmaf(half, t, 0.7107068705f);
  half = fmaf(half, t, -0.142248368f);
  half = fmaf(half, t, 0.127414796f);
  half *= t * exp2f(a * a * -1.44269504f);
  const float tail = x * half;
  return x >= 0.0f ? x - tail : tail;
}

/// 16-bit results hide what the quick form leaves out; FP32 results do not.
template <typename T>
__device__ inline float gelu(float x) {
  if constexpr (sizeof(T) == 2) {
    return quickGelu(x);
  } else {
    return 0.5f * x * erfcf(x * -0.70710678118654752f);
  }
}

template <typename T, typename A>
struct Parameters {
  const T* input;
  const A* weight;
  const A* bias;
  T* output;
  int height, width, channels;
  /// Rows of a strip.
  int rows;
};

template <int COUNT>
using Sums = float[kCOLUMNS][COUNT];

template <typename T, typename A, int COUNT>
class Strip {
 public:
  using Data = Group<T, COUNT>;

  __device__ Strip(const Parameters<T, A>& p, int group, int column, std::int64_t image)
      : p_(p), group_(group), column_(column), groups_(p.channels / COUNT) {
    const std::int64_t pixels = static_cast<std::int64_t>(p.height) * p.width;
    input_ = p.input + image * pixels * p.channels;
    output_ = p.output + image * pixels * p.channels;
    loadParameters();
  }

  __device__ void run(int first) {
    const int end = min(first + p_.rows, p_.height);
    Sums<COUNT> one = {}, two = {}, three = {};
    load(first - 1, next_);
    // Three roles of the sums, turned by one with each row; written out, so that nothing is moved between registers.
    for (int row = first - 1; row <= end; row += 3) {
      step(row, first, end, one, two, three);
      if (row + 1 > end) break;
      step(row + 1, first, end, two, three, one);
      if (row + 2 > end) break;
      step(row + 2, first, end, three, one, two);
    }
  }

 private:
  __device__ void loadParameters() {
#pragma unroll
    for (int tap = 0; tap < 9; ++tap) {
      Group<A, COUNT>::load(p_.weight, static_cast<std::int64_t>(tap) * groups_ + group_).toFloats(weight_[tap]);
    }
    Group<A, COUNT>::load(p_.bias, group_).toFloats(bias_);
  }

  __device__ void load(int row, Data (&to)[kCOLUMNS + 2]) const {
    const bool inside = row >= 0 && row < p_.height;
    const std::int64_t base = (static_cast<std::int64_t>(row) * p_.width + column_ - 1) * groups_ + group_;
#pragma unroll
    for (int i = 0; i < kCOLUMNS + 2; ++i) {
      const int x = column_ - 1 + i;
      to[i] = inside && x >= 0 && x < p_.width ? Data::load(input_, base + static_cast<std::int64_t>(i) * groups_)
                                               : Data::zero();
    }
  }

  /// `above` is finished by this row, `here` gets its middle, `below` begins with it.
  __device__ void step(int row, int first, int end, Sums<COUNT>& above, Sums<COUNT>& here, Sums<COUNT>& below) {
    Data current[kCOLUMNS + 2];
#pragma unroll
    for (int i = 0; i < kCOLUMNS + 2; ++i) current[i] = next_[i];
    if (row < end) load(row + 1, next_);
#pragma unroll
    for (int x = 0; x < kCOLUMNS; ++x) {
#pragma unroll
      for (int c = 0; c < COUNT; ++c) below[x][c] = bias_[c];
    }
#pragma unroll
    for (int i = 0; i < kCOLUMNS + 2; ++i) {
      float values[COUNT];
      current[i].toFloats(values);
#pragma unroll
      for (int tap = 0; tap < 3; ++tap) {
        const int x = i - tap;
        if (x < 0 || x >= kCOLUMNS) continue;
#pragma unroll
        for (int c = 0; c < COUNT; ++c) {
          above[x][c] = fmaf(values[c], weight_[6 + tap][c], above[x][c]);
          here[x][c] = fmaf(values[c], weight_[3 + tap][c], here[x][c]);
          below[x][c] = fmaf(values[c], weight_[tap][c], below[x][c]);
        }
      }
    }
    if (row > first) store(row - 1, above);
  }

  __device__ void store(int row, const Sums<COUNT>& sums) const {
    const std::int64_t base = (static_cast<std::int64_t>(row) * p_.width + column_) * groups_ + group_;
#pragma unroll
    for (int x = 0; x < kCOLUMNS; ++x) {
      float values[COUNT];
#pragma unroll
      for (int c = 0; c < COUNT; ++c) values[c] = gelu<T>(sums[x][c]);
      if (column_ + x < p_.width)
        Data::fromFloats(values).store(output_, base + static_cast<std::int64_t>(x) * groups_);
    }
  }

  const Parameters<T, A>& p_;
  const int group_, column_, groups_;
  const T* input_;
  T* output_;
  float weight_[9][COUNT];
  float bias_[COUNT];
  Data next_[kCOLUMNS + 2];
};

/// Blocks: x over channels and columns, y over strips of rows, z over pictures.
template <typename T, typename A, int COUNT>
__global__ void __launch_bounds__(kLANES* kWARPS, kBLOCKS_AT_ONCE)
    depthwiseGeluKernel(const Parameters<T, A> p, int channelBlocks) {
  const int group = (blockIdx.x % channelBlocks) * kLANES + threadIdx.x;
  const int column = ((blockIdx.x / channelBlocks) * kWARPS + threadIdx.y) * kCOLUMNS;
  if (group >= p.channels / COUNT || column >= p.width) return;
  Strip<T, A, COUNT>(p, group, column, blockIdx.z).run(static_cast<int>(blockIdx.y) * p.rows);
}

struct Launch {
  const DepthwiseGeluArguments& arguments;
  int multiprocessors;
  cudaStream_t stream;
};

int ceilDiv(int number, int by) { return (number + by - 1) / by; }

/// Long strips read few rows twice, short ones give all multiprocessors work: the height at which whole rounds of
/// blocks, each of which reads two rows more than it writes, take the fewest steps.
int rowsOfStrip(const Launch& launch, std::int64_t blocksOfARow) {
  const std::int64_t atOnce = static_cast<std::int64_t>(std::max(launch.multiprocessors, 1)) * kBLOCKS_AT_ONCE;
  int best = 1;
  std::int64_t fewest = INT64_MAX;
  for (int rows = 1; rows <= kMOST_ROWS; ++rows) {
    const std::int64_t blocks = blocksOfARow * ceilDiv(launch.arguments.height, rows);
    const std::int64_t steps = (blocks + atOnce - 1) / atOnce * (rows + 2);
    if (steps >= fewest) continue;
    fewest = steps;
    best = rows;
  }
  return best;
}

template <typename T, typename A, int COUNT>
cudaError_t start(const Launch& launch) {
  const DepthwiseGeluArguments& a = launch.arguments;
  const int channelBlocks = ceilDiv(a.channels / COUNT, kLANES);
  const std::int64_t across = static_cast<std::int64_t>(channelBlocks) * ceilDiv(a.width, kCOLUMNS * kWARPS);
  const int rows = rowsOfStrip(launch, across * a.batch);
  const int strips = ceilDiv(a.height, rows);
  if (across > INT32_MAX || strips > 65535 || a.batch > 65535) return cudaErrorInvalidValue;
  const Parameters<T, A> parameters{static_cast<const T*>(a.input),
                                    static_cast<const A*>(a.weight),
                                    static_cast<const A*>(a.bias),
                                    static_cast<T*>(a.output),
                                    a.height,
                                    a.width,
                                    a.channels,
                                    rows};
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(across), static_cast<unsigned>(strips), static_cast<unsigned>(a.batch));
  config.blockDim = dim3(kLANES, kWARPS);
  config.stream = launch.stream;
  return cudaLaunchKernelEx(&config, depthwiseGeluKernel<T, A, COUNT>, parameters, channelBlocks);
}

bool isAligned(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0; }

/// Four channels at once where they lie at whole multiples of their size, else one.
template <typename T, typename A>
cudaError_t startTyped(const Launch& launch) {
  const DepthwiseGeluArguments& a = launch.arguments;
  const bool aligned = isAligned(a.input) && isAligned(a.weight) && isAligned(a.bias) && isAligned(a.output);
  return aligned && a.channels % 4 == 0 ? start<T, A, 4>(launch) : start<T, A, 1>(launch);
}

bool isComplete(const DepthwiseGeluArguments& a) {
  return a.input != nullptr && a.weight != nullptr && a.bias != nullptr && a.output != nullptr && a.batch >= 0 &&
         a.height >= 0 && a.width >= 0 && a.channels >= 1;
}

}  // namespace

cudaError_t launchDepthwiseGelu(const DepthwiseGeluArguments& a, int multiprocessors, cudaStream_t stream) {
  if (!isComplete(a)) return cudaErrorInvalidValue;
  if (a.batch == 0 || a.height == 0 || a.width == 0) return cudaSuccess;
  const Launch launch{a, multiprocessors, stream};
  switch (a.element) {
    case DepthwiseElement::float32: return startTyped<float, float>(launch);
    case DepthwiseElement::float16:
      return a.floatParameters ? startTyped<__half, float>(launch) : startTyped<__half, __half>(launch);
    case DepthwiseElement::bfloat16:
      return a.floatParameters ? startTyped<__nv_bfloat16, float>(launch)
                               : startTyped<__nv_bfloat16, __nv_bfloat16>(launch);
  }
  return cudaErrorInvalidValue;
}

}  // namespace maskforge
