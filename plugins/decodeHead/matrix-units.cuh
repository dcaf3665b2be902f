// The matrix units of compute capability 8.0 and later: 16 x 8 products of 16-bit numbers with sums in FP32, and copies
// that go on while the multiprocessor computes. A warp holds a matrix together, as the PTX manual lays it out.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../common/elements.cuh"

namespace maskforge {

/// 16 rows x 16 columns.
struct LeftMatrix {
  std::uint32_t part[4];
};

/// 16 rows x 8 columns, twice: neighbours.
struct RightMatrix {
  std::uint32_t part[2];
};
struct RightPair {
  RightMatrix first, second;
};

__device__ inline std::uint32_t sharedAddress(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

/// 16 bytes from global to shared memory, both aligned to that, past the registers and the L1 cache.
__device__ inline void copyAsync16(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(to)), "l"(from) : "memory");
}
__device__ inline void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
__device__ inline void awaitCopies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

/// Four 8 x 8 matrices of 16-bit numbers; lane i names row i % 8 of matrix i / 8.
template <bool TRANSPOSED>
__device__ inline void loadMatrices(std::uint32_t (&part)[4], const void* row) {
  if constexpr (TRANSPOSED)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(part[0]), "=r"(part[1]), "=r"(part[2]), "=r"(part[3])
                 : "r"(sharedAddress(row)));
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(part[0]), "=r"(part[1]), "=r"(part[2]), "=r"(part[3])
                 : "r"(sharedAddress(row)));
}

/// From shared memory, row-major, `stride` elements from one row to the next.
template <typename T>
__device__ LeftMatrix loadLeft(const T* matrix, int stride) {
  const int lane = threadIdx.x % 32;
  LeftMatrix left;
  loadMatrices<false>(left.part, matrix + (lane % 16) * stride + lane / 16 * 8);
  return left;
}

/// 16 x 16, row-major.
template <typename T>
__device__ RightPair loadRight(const T* matrix, int stride) {
  const int lane = threadIdx.x % 32;
  std::uint32_t part[4];
  loadMatrices<true>(part, matrix + (lane % 16) * stride + lane / 16 * 8);
  return {{{part[0], part[1]}}, {{part[2], part[3]}}};
}

/// 16 x 16, of which the transpose is what lies there.
template <typename T>
__device__ RightPair loadRightTransposed(const T* matrix, int stride) {
  const int lane = threadIdx.x % 32;
  std::uint32_t part[4];
  loadMatrices<false>(part, matrix + (lane % 8 + lane / 16 * 8) * stride + lane / 8 % 2 * 8);
  return {{{part[0], part[1]}}, {{part[2], part[3]}}};
}

/// sum += left · right. Of `sum` lane i holds rows i / 4 (0, 1) and i / 4 + 8 (2, 3), columns i % 4 * 2 and the next.
template <typename T>
__device__ void multiply(float (&sum)[4], const LeftMatrix& left, const RightMatrix& right) {
  const auto& a = left.part;
  const auto& b = right.part;
  if constexpr (std::is_same_v<T, __half>)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// Two numbers side by side; not fmaxf, since a NaN has to come out as one.
template <typename T>
__device__ std::uint32_t packRelu(float x, float y) {
  const auto pair = PairOf<T>::fromFloats(x < 0.f ? 0.f : x, y < 0.f ? 0.f : y);
  return reinterpret_cast<const std::uint32_t&>(pair);
}

/// Two neighbouring sums are, as they lie in the registers, a left matrix.
template <typename T>
__device__ LeftMatrix reluAsLeft(const float (&near)[4], const float (&far)[4]) {
  return {{packRelu<T>(near[0], near[1]), packRelu<T>(near[2], near[3]), packRelu<T>(far[0], far[1]),
           packRelu<T>(far[2], far[3])}};
}

}  // namespace maskforge
