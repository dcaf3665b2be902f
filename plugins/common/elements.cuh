// Element types of the plugins' kernels: 16-byte accesses, and conversion to the FP32 in which all arithmetic is done.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

namespace maskforge {

/// An unsigned type of so many bytes, which one instruction loads.
template <int BYTES>
struct BitsOf;
template <>
struct BitsOf<2> {
  using Type = std::uint16_t;
};
template <>
struct BitsOf<4> {
  using Type = std::uint32_t;
};
template <>
struct BitsOf<8> {
  using Type = uint2;
};
template <>
struct BitsOf<16> {
  using Type = uint4;
};

template <int BYTES>
using Bits = typename BitsOf<BYTES>::Type;

__device__ inline float toFloat(float value) { return value; }
__device__ inline float toFloat(__half value) { return __half2float(value); }
__device__ inline float toFloat(__nv_bfloat16 value) { return __bfloat162float(value); }

__device__ inline void fromFloat(float value, float& to) { to = value; }
__device__ inline void fromFloat(float value, __half& to) { to = __float2half_rn(value); }
__device__ inline void fromFloat(float value, __nv_bfloat16& to) { to = __float2bfloat16_rn(value); }

/// Two numbers that are converted by one instruction.
template <typename T>
struct PairOf;
template <>
struct PairOf<__half> {
  using Type = __half2;
  __device__ static float2 toFloats(__half2 pair) { return __half22float2(pair); }
  __device__ static __half2 fromFloats(float x, float y) { return __floats2half2_rn(x, y); }
};
template <>
struct PairOf<__nv_bfloat16> {
  using Type = __nv_bfloat162;
  __device__ static float2 toFloats(__nv_bfloat162 pair) { return __bfloat1622float2(pair); }
  __device__ static __nv_bfloat162 fromFloats(float x, float y) { return __floats2bfloat162_rn(x, y); }
};

/// COUNT neighbouring elements that lie in registers and are loaded and stored at once: 16, 8, 4 or 2 bytes; groups
/// that are longer than 16 bytes (FP32 parameters beside 16-bit data) take two accesses.
template <typename T, int COUNT>
struct alignas(COUNT * sizeof(T) < 16 ? COUNT * sizeof(T) : 16) Group {
  static constexpr int kBYTES = COUNT * static_cast<int>(sizeof(T)) < 16 ? COUNT * static_cast<int>(sizeof(T)) : 16;
  static constexpr int kACCESSES = COUNT * static_cast<int>(sizeof(T)) / kBYTES;

  Bits<kBYTES> bits[kACCESSES];

  /// @param index of the group, counted from `base`, which is aligned to kBYTES
  __device__ static Group load(const T* __restrict__ base, std::int64_t index) {
    Group group;
    const auto* from = reinterpret_cast<const Bits<kBYTES>*>(base) + index * kACCESSES;
#pragma unroll
    for (int access = 0; access < kACCESSES; ++access) group.bits[access] = __ldg(from + access);
    return group;
  }

  __device__ static Group zero() { return Group{}; }

  __device__ void store(T* base, std::int64_t index) const {
    auto* to = reinterpret_cast<Bits<kBYTES>*>(base) + index * kACCESSES;
#pragma unroll
    for (int access = 0; access < kACCESSES; ++access) to[access] = bits[access];
  }

  __device__ void toFloats(float (&values)[COUNT]) const {
    if constexpr (sizeof(T) == 2 && COUNT % 2 == 0) {
      using Pair = PairOf<T>;
      const auto* pairs = reinterpret_cast<const typename Pair::Type*>(bits);
#pragma unroll
      for (int i = 0; i < COUNT / 2; ++i) {
        const float2 two = Pair::toFloats(pairs[i]);
        values[2 * i] = two.x;
        values[2 * i + 1] = two.y;
      }
    } else {
      const auto* numbers = reinterpret_cast<const T*>(bits);
#pragma unroll
      for (int i = 0; i < COUNT; ++i) values[i] = toFloat(numbers[i]);
    }
  }

  __device__ static Group fromFloats(const float (&values)[COUNT]) {
    Group group;
    if constexpr (sizeof(T) == 2 && COUNT % 2 == 0) {
      using Pair = PairOf<T>;
      auto* pairs = reinterpret_cast<typename Pair::Type*>(group.bits);
#pragma unroll
      for (int i = 0; i < COUNT / 2; ++i) pairs[i] = Pair::fromFloats(values[2 * i], values[2 * i + 1]);
    } else {
      auto* numbers = reinterpret_cast<T*>(group.bits);
#pragma unroll
      for (int i = 0; i < COUNT; ++i) fromFloat(values[i], numbers[i]);
    }
    return group;
  }
};

}  // namespace maskforge
