// The LayerNorm kernels. A row is read once and stays in registers; LANES threads share it, each with VECTORS groups of
// COUNT elements, so that a load instruction of a warp touches whole 128-byte lines. Where rows are short, a warp works
// on several at once, and each thread on ROWS of them, whose loads are all under way before the first is waited for.
//
// Mean and variance: mean first, then deviations from it and their squares in a second pass over the registers. What
// rounding left in the mean shows as the deviations' own mean and is taken off again, so that rows of large numbers
// with little spread keep their precision.
#pragma once

#include "elements.cuh"
#include "layer-norm-launch.h"

namespace maskforge {

constexpr int kWARP = 32;

template <typename T, typename A>
struct RowParameters {
  const T* input;
  const T* residual;
  const A* gamma;
  const A* beta;
  T* sum;
  T* output;
  std::int64_t rows;
  int width;
  float inverseWidth;
  float epsilon;
};

/// Adds up over LANES neighbouring threads; all of them get the result. Wider than a warp: over the block of LANES
/// threads, through shared memory.
template <int LANES>
__device__ inline float2 sumOverLanes(float2 value) {
  constexpr int kWITHIN = LANES < kWARP ? LANES : kWARP;
#pragma unroll
  for (int distance = kWITHIN / 2; distance > 0; distance /= 2) {
    value.x += __shfl_xor_sync(0xffffffffu, value.x, distance);
    value.y += __shfl_xor_sync(0xffffffffu, value.y, distance);
  }
  if constexpr (LANES > kWARP) {
    constexpr int kWARPS = LANES / kWARP;
    __shared__ float2 partial[kWARPS];
    __syncthreads();  // the last call's sums have been read
    if (threadIdx.x % kWARP == 0) partial[threadIdx.x / kWARP] = value;
    __syncthreads();
    value = partial[0];
#pragma unroll
    for (int warp = 1; warp < kWARPS; ++warp) {
      value.x += partial[warp].x;
      value.y += partial[warp].y;
    }
  }
  return value;
}

/// Deviations from the mean, and one over their standard deviation.
template <int LANES, int VECTORS, int COUNT>
__device__ inline float centre(float (&x)[VECTORS][COUNT], const bool (&valid)[VECTORS], float inverseWidth,
                               float epsilon) {
  float total = 0;
#pragma unroll
  for (int vector = 0; vector < VECTORS; ++vector) {
#pragma unroll
    for (int i = 0; i < COUNT; ++i) total += x[vector][i];  // what lies beyond the row is zero
  }
  const float mean = sumOverLanes<LANES>(make_float2(total, 0)).x * inverseWidth;
  float2 moments = make_float2(0, 0);
#pragma unroll
  for (int vector = 0; vector < VECTORS; ++vector) {
#pragma unroll
    for (int i = 0; i < COUNT; ++i) {
      const float deviation = valid[vector] ? x[vector][i] - mean : 0.0f;
      x[vector][i] = deviation;
      moments.x += deviation;
      moments.y += deviation * deviation;
    }
  }
  moments = sumOverLanes<LANES>(moments);
  const float rest = moments.x * inverseWidth;
  const float variance = fmaxf(moments.y * inverseWidth - rest * rest, 0.0f);
#pragma unroll
  for (int vector = 0; vector < VECTORS; ++vector) {
#pragma unroll
    for (int i = 0; i < COUNT; ++i) x[vector][i] -= rest;
  }
  return rsqrtf(variance + epsilon);
}

template <typename T, int COUNT>
__device__ inline Group<T, COUNT> add(const Group<T, COUNT>& left, const Group<T, COUNT>& right) {
  float one[COUNT], two[COUNT];
  left.toFloats(one);
  right.toFloats(two);
#pragma unroll
  for (int i = 0; i < COUNT; ++i) one[i] += two[i];
  return Group<T, COUNT>::fromFloats(one);
}

/// THREADS a block; THREADS / LANES rows at a time, ROWS times.
template <typename T, typename A, int COUNT, int LANES, int VECTORS, int ROWS, int THREADS, bool RESIDUAL>
__global__ void __launch_bounds__(THREADS) layerNormKernel(const RowParameters<T, A> p) {
  using Data = Group<T, COUNT>;
  using Parameter = Group<A, COUNT>;
  constexpr int kROWS_AT_ONCE = THREADS / LANES;
  const int lane = threadIdx.x % LANES;
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * (kROWS_AT_ONCE * ROWS) + threadIdx.x / LANES;
  const int groups = p.width / COUNT;

  bool valid[VECTORS];
#pragma unroll
  for (int vector = 0; vector < VECTORS; ++vector) valid[vector] = vector * LANES + lane < groups;

  Data data[ROWS][VECTORS];
  Data other[RESIDUAL ? ROWS : 1][RESIDUAL ? VECTORS : 1];
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const std::int64_t row = first + r * kROWS_AT_ONCE;
#pragma unroll
    for (int vector = 0; vector < VECTORS; ++vector) {
      const bool reads = valid[vector] && row < p.rows;
      const std::int64_t index = row * groups + vector * LANES + lane;
      data[r][vector] = reads ? Data::load(p.input, index) : Data::zero();
      if constexpr (RESIDUAL) other[r][vector] = reads ? Data::load(p.residual, index) : Data::zero();
    }
  }

  Parameter gamma[VECTORS], beta[VECTORS];
#pragma unroll
  for (int vector = 0; vector < VECTORS; ++vector) {
    const int index = vector * LANES + lane;
    gamma[vector] = valid[vector] ? Parameter::load(p.gamma, index) : Parameter::zero();
    beta[vector] = valid[vector] ? Parameter::load(p.beta, index) : Parameter::zero();
  }

#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const std::int64_t row = first + r * kROWS_AT_ONCE;
    const bool inside = row < p.rows;
    float x[VECTORS][COUNT];
#pragma unroll
    for (int vector = 0; vector < VECTORS; ++vector) {
      if constexpr (RESIDUAL) {
        // The norm is taken of the sum as it is stored, as it would be after a separate Add.
        data[r][vector] = add(data[r][vector], other[r][vector]);
        if (valid[vector] && inside) data[r][vector].store(p.sum, row * groups + vector * LANES + lane);
      }
      data[r][vector].toFloats(x[vector]);
    }
    const float scale = centre<LANES, VECTORS, COUNT>(x, valid, p.inverseWidth, p.epsilon);
#pragma unroll
    for (int vector = 0; vector < VECTORS; ++vector) {
      float g[COUNT], b[COUNT];
      gamma[vector].toFloats(g);
      beta[vector].toFloats(b);
#pragma unroll
      for (int i = 0; i < COUNT; ++i) x[vector][i] = x[vector][i] * scale * g[i] + b[i];
      if (valid[vector] && inside) Data::fromFloats(x[vector]).store(p.output, row * groups + vector * LANES + lane);
    }
  }
}

}  // namespace maskforge
