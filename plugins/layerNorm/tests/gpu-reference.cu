// Inputs and the double-precision reference, on the device: 65,536 rows of 4,096 would keep a processor busy for long.
#include <cmath>

#include "elements.cuh"
#include "gpu-cases.h"

namespace maskforge::gpu {
namespace {

constexpr int kTHREADS = 128;

template <typename T>
__device__ T rounded(float value) {
  T result;
  fromFloat(value, result);
  return result;
}

__device__ float sample(Filling filling, bool half, std::int64_t row, int column, int width, std::uint32_t seed) {
  const std::uint64_t index = static_cast<std::uint64_t>(row) * width + column;
  const float random = noise(index, seed);
  switch (filling) {
    case Filling::ordinary: return 3.0f * random + noise(row, seed + 7);
    case Filling::offset: return (half ? 1000.0f : 10000.0f) + (half ? 4.0f : 0.05f) * random;
    case Filling::constant: return 6e4f * noise(row, seed + 7);
    case Filling::large: return 6e4f * random;
    case Filling::tiny: return (half ? 5e-7f : 1e-40f) * random;
    case Filling::notFinite: break;
  }
  // Every other row holds an infinity or a NaN somewhere; the rows between stay clean and must not be touched by it.
  if (row % 2 == 0 && column == static_cast<int>((row * 37) % width)) return row % 4 == 0 ? INFINITY : NAN;
  return random;
}

template <typename T>
__global__ void fillRows(T* to, std::int64_t rows, int width, Filling filling, std::uint32_t seed) {
  const std::int64_t count = rows * width;
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
    fromFloat(sample(filling, sizeof(T) == 2, i / width, static_cast<int>(i % width), width, seed), to[i]);
}

__device__ double sumOverBlock(double value) {
  __shared__ double partial[kTHREADS];
  __syncthreads();
  partial[threadIdx.x] = value;
  __syncthreads();
  for (int half = kTHREADS / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
    __syncthreads();
  }
  return partial[0];
}

__device__ void judge(Verdict* verdict, unsigned long long index, double found, double wanted, double allowed) {
  float share;
  if (isnan(wanted) || isnan(found)) {
    share = isnan(wanted) == isnan(found) ? 0.0f : INFINITY;
  } else if (isinf(wanted) || isinf(found)) {
    share = found == wanted ? 0.0f : INFINITY;
  } else {
    share = static_cast<float>(fabs(found - wanted) / allowed);
  }
  atomicMax(reinterpret_cast<int*>(&verdict->worst), __float_as_int(share));
  if (share <= 1.0f) return;
  atomicAdd(&verdict->wrong, 1ull);
  atomicMin(&verdict->firstWrong, index);
}

template <typename T>
struct Limits {
  /// Half a unit in the last place of 1, and half the smallest step.
  double relative, absolute;
};

template <typename T>
__device__ Limits<T> limitsOf();
template <>
__device__ Limits<float> limitsOf() {
  return {0x1p-24, 0x1p-150};
}
template <>
__device__ Limits<__half> limitsOf() {
  return {0x1p-11, 0x1p-25};
}
template <>
__device__ Limits<__nv_bfloat16> limitsOf() {
  return {0x1p-8, 0x1p-134};
}

/// A block for each row. What is allowed: the rounding of the result, 32 roundings of FP32 in what is added up, one of a
/// normalised number of size 1 (an element near its row's mean inherits the errors of the larger ones through the mean),
/// and for rows far from zero what the second rounding of the mean leaves.
template <typename T, typename A>
__global__ void compareRows(LayerNormArguments a, Verdict* verdict) {
  const std::int64_t row = blockIdx.x;
  const T* x = static_cast<const T*>(a.input) + row * a.width;
  const T* r = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + row * a.width;
  const T* sums = a.sum == nullptr ? nullptr : static_cast<const T*>(a.sum) + row * a.width;
  const T* y = static_cast<const T*>(a.output) + row * a.width;
  const auto value = [&](int column) {
    if (r == nullptr) return static_cast<double>(toFloat(x[column]));
    return static_cast<double>(toFloat(rounded<T>(toFloat(x[column]) + toFloat(r[column]))));
  };
  double total = 0;
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) total += value(column);
  const double mean = sumOverBlock(total) / a.width;
  double squares = 0;
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) {
    const double deviation = value(column) - mean;
    squares += deviation * deviation;
  }
  const double scale = 1.0 / sqrt(sumOverBlock(squares) / a.width + static_cast<double>(a.epsilon));
  const Limits<T> limits = limitsOf<T>();
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) {
    const double gamma = toFloat(static_cast<const A*>(a.gamma)[column]);
    const double beta = toFloat(static_cast<const A*>(a.beta)[column]);
    const double product = (value(column) - mean) * scale * gamma;
    const double wanted = product + beta;
    const double allowed = limits.relative * fabs(wanted) + limits.absolute +
                           32 * 0x1p-24 * (fabs(product) + fabs(beta)) + 0x1p-24 * fabs(gamma) +
                           16 * 0x1p-48 * fabs(mean) * scale * fabs(gamma);
    const unsigned long long index = static_cast<unsigned long long>(row) * a.width + column;
    judge(verdict, index, toFloat(y[column]), wanted, allowed);
    if (sums != nullptr) judge(verdict, index, toFloat(sums[column]), value(column), 1e-300);
  }
}

template <typename T, typename A>
__global__ void __launch_bounds__(kTHREADS) naiveKernel(LayerNormArguments a) {
  __shared__ float partial[kTHREADS];
  const std::int64_t row = blockIdx.x;
  const T* x = static_cast<const T*>(a.input) + row * a.width;
  T* y = static_cast<T*>(a.output) + row * a.width;
  const auto reduce = [&](float value) {
    __syncthreads();
    partial[threadIdx.x] = value;
    __syncthreads();
    for (int half = kTHREADS / 2; half > 0; half /= 2) {
      if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
      __syncthreads();
    }
    return partial[0];
  };
  float total = 0;
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) total += toFloat(x[column]);
  const float mean = reduce(total) / a.width;
  float squares = 0;
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) {
    const float deviation = toFloat(x[column]) - mean;
    squares += deviation * deviation;
  }
  const float scale = rsqrtf(reduce(squares) / a.width + a.epsilon);
  for (int column = threadIdx.x; column < a.width; column += kTHREADS) {
    const float gamma = toFloat(static_cast<const A*>(a.gamma)[column]);
    const float beta = toFloat(static_cast<const A*>(a.beta)[column]);
    fromFloat((toFloat(x[column]) - mean) * scale * gamma + beta, y[column]);
  }
}

/// Calls `use(T{}, A{})` with the element types of a case.
template <typename Use>
void withTypes(Element element, bool floatParameters, const Use& use) {
  switch (element) {
    case Element::float32: return use(float{}, float{});
    case Element::float16: return floatParameters ? use(__half{}, float{}) : use(__half{}, __half{});
    case Element::bfloat16:
      return floatParameters ? use(__nv_bfloat16{}, float{}) : use(__nv_bfloat16{}, __nv_bfloat16{});
  }
}

std::size_t bytesOf(const Case& which, std::int64_t count, int size) {
  return static_cast<std::size_t>(count + which.misalignment) * size;
}

}  // namespace

std::string Case::describe() const {
  static const char* const elements[] = {"FP32", "FP16", "BF16"};
  static const char* const fillings[] = {"ordinary", "offset", "constant", "large", "tiny", "not finite"};
  return std::to_string(rows) + " x " + std::to_string(width) + " " + elements[static_cast<int>(element)] +
         (floatParameters ? ", FP32 parameters" : "") + (residual ? ", residual" : "") +
         (misalignment != 0 ? ", off by " + std::to_string(misalignment) : "") + ", " +
         fillings[static_cast<int>(filling)];
}

CaseMemory::CaseMemory(const Case& which)
    : which(which),
      input(bytesOf(which, which.rows * which.width, elementSize(which.element))),
      residual(which.residual ? input.size() : 0),
      gamma(bytesOf(which, which.width, which.floatParameters ? 4 : elementSize(which.element))),
      beta(gamma.size()),
      sum(residual.size()),
      output(input.size()) {}

LayerNormArguments CaseMemory::arguments() const {
  const std::size_t shift = static_cast<std::size_t>(which.misalignment) * elementSize(which.element);
  const std::size_t parameterShift =
      static_cast<std::size_t>(which.misalignment) * (which.floatParameters ? 4 : elementSize(which.element));
  LayerNormArguments arguments;
  arguments.input = input.at(shift);
  arguments.gamma = gamma.at(parameterShift);
  arguments.beta = beta.at(parameterShift);
  arguments.output = output.at(shift);
  if (which.residual) {
    arguments.residual = residual.at(shift);
    arguments.sum = sum.at(shift);
  }
  arguments.rows = which.rows;
  arguments.width = which.width;
  arguments.epsilon = which.epsilon;
  arguments.element = which.element;
  arguments.floatParameters = which.floatParameters;
  return arguments;
}

void fill(const CaseMemory& memory, std::uint32_t seed, cudaStream_t stream) {
  const Case& which = memory.which;
  const LayerNormArguments a = memory.arguments();
  withTypes(which.element, which.floatParameters, [&](auto t, auto p) {
    using T = decltype(t);
    using A = decltype(p);
    const auto rows = [&](const void* to, auto zero, std::int64_t count, Filling filling, std::uint32_t which_) {
      using E = decltype(zero);
      fillRows<E>
          <<<1024, 256, 0, stream>>>(const_cast<E*>(static_cast<const E*>(to)), count, which.width, filling, which_);
      check(cudaGetLastError(), "fillRows");
    };
    rows(a.input, T{}, which.rows, which.filling, seed);
    // Values near the largest FP16 would leave its range by the addition: there the residual stays small.
    const bool ordinary = which.filling == Filling::ordinary;
    if (which.residual) rows(a.residual, T{}, which.rows, ordinary ? Filling::ordinary : Filling::tiny, seed + 1);
    rows(a.gamma, A{}, 1, Filling::ordinary, seed + 2);
    rows(a.beta, A{}, 1, Filling::ordinary, seed + 3);
  });
  // All ones is a NaN in each of the types.
  check(cudaMemsetAsync(memory.output.at(), 0xff, memory.output.size(), stream), "cudaMemset");
  if (which.residual) check(cudaMemsetAsync(memory.sum.at(), 0xff, memory.sum.size(), stream), "cudaMemset");
}

Verdict compare(const CaseMemory& memory, cudaStream_t stream) {
  const LayerNormArguments a = memory.arguments();
  const Buffer result(sizeof(Verdict));
  Verdict verdict;
  check(cudaMemcpyAsync(result.at(), &verdict, sizeof verdict, cudaMemcpyHostToDevice, stream), "cudaMemcpy");
  withTypes(a.element, a.floatParameters, [&](auto t, auto p) {
    compareRows<decltype(t), decltype(p)>
        <<<static_cast<unsigned>(a.rows), kTHREADS, 0, stream>>>(a, result.at<Verdict>());
    check(cudaGetLastError(), "compareRows");
  });
  check(cudaMemcpyAsync(&verdict, result.at(), sizeof verdict, cudaMemcpyDeviceToHost, stream), "cudaMemcpy");
  check(cudaStreamSynchronize(stream), "compareRows");
  return verdict;
}

cudaError_t launchNaive(const LayerNormArguments& a, cudaStream_t stream) {
  withTypes(a.element, a.floatParameters, [&](auto t, auto p) {
    naiveKernel<decltype(t), decltype(p)><<<static_cast<unsigned>(a.rows), kTHREADS, 0, stream>>>(a);
  });
  return cudaGetLastError();
}

}  // namespace maskforge::gpu
