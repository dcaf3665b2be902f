#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

#include "decode_head_kernel.h"

namespace maskforge::decodehead {
namespace {

using namespace nvcuda;

// A block works on 64 neighbouring pixels and walks through D in chunks of 64, so that the [pixels, D] map, by far the
// largest of the network, exists only as one 64 x 64 tile at a time in shared memory.
constexpr int kPixels = 64;
constexpr int kChunk = 64;
constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kTile = 16;
constexpr int kMaxTilesPerWarp = 5;
// Rows are padded so that neighbouring rows begin in other banks.
constexpr int kHalfStride = kChunk + 8;
constexpr int kFloatStride = kChunk + 4;

template <typename T>
__device__ __forceinline__ float toFloat(T value);
template <>
__device__ __forceinline__ float toFloat(__half value) {
  return __half2float(value);
}
template <>
__device__ __forceinline__ float toFloat(__nv_bfloat16 value) {
  return __bfloat162float(value);
}
template <typename T>
__device__ __forceinline__ T fromFloat(float value);
template <>
__device__ __forceinline__ __half fromFloat(float value) {
  return __float2half_rn(value);
}
template <>
__device__ __forceinline__ __nv_bfloat16 fromFloat(float value) {
  return __float2bfloat16_rn(value);
}

template <typename T>
struct alignas(16) Eight {
  T value[8];
};

template <typename T>
__device__ __forceinline__ Eight<T> loadEight(const T* address) {
  const int4 raw = __ldg(reinterpret_cast<const int4*>(address));
  return reinterpret_cast<const Eight<T>&>(raw);
}

/// Where a pixel falls in a smaller map, and how much of its four neighbours it takes.
struct Corners {
  int offset, right, below;
  float weightX, weightY;
};

__device__ Corners cornersOf(const Map& map, int n, int y, int x, int height, int width, int inner) {
  // The same arithmetic as PyTorch's and ONNX's half_pixel: positions before the first centre are held at it.
  const float fy = fmaxf(0.f, (y + 0.5f) * (static_cast<float>(map.height) / height) - 0.5f);
  const float fx = fmaxf(0.f, (x + 0.5f) * (static_cast<float>(map.width) / width) - 0.5f);
  const int top = min(static_cast<int>(fy), map.height - 1);
  const int left = min(static_cast<int>(fx), map.width - 1);
  Corners corners;
  corners.offset = ((n * map.height + top) * map.width + left) * inner;
  corners.right = left + 1 < map.width ? inner : 0;
  corners.below = top + 1 < map.height ? map.width * inner : 0;
  corners.weightX = fx - left;
  corners.weightY = fy - top;
  return corners;
}

template <typename T>
__device__ __forceinline__ void addEnlarged(float (&sum)[8], const T* data, const Corners& at, int channel) {
  const T* corner = data + at.offset + channel;
  const Eight<T> a = loadEight(corner), b = loadEight(corner + at.right);
  const Eight<T> c = loadEight(corner + at.below), d = loadEight(corner + at.below + at.right);
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const float left = toFloat(a.value[i]) + at.weightY * (toFloat(c.value[i]) - toFloat(a.value[i]));
    const float right = toFloat(b.value[i]) + at.weightY * (toFloat(d.value[i]) - toFloat(b.value[i]));
    sum[i] += left + at.weightX * (right - left);
  }
}

/// Shared memory of a block, in bytes from its beginning.
struct Layout {
  int feature, sums, hidden, classifier, total;
};

__host__ __device__ constexpr int paddedClasses(int classes) { return (classes + 15) / 16 * 16; }

__host__ __device__ constexpr Layout layoutFor(int channels, int classes) {
  Layout layout{};
  layout.sums = 0;
  layout.feature = kPixels * kFloatStride * 4;
  layout.hidden = layout.feature + kPixels * (channels + 8) * 2;
  layout.classifier = layout.hidden + kPixels * kHalfStride * 2;
  layout.total = layout.classifier + paddedClasses(classes) * kHalfStride * 2;
  return layout;
}

template <typename T, int Maps, int TilesPerWarp>
__global__ void __launch_bounds__(kThreads) decodeHead(Arguments a) {
  extern __shared__ __align__(128) unsigned char memory[];
  const Layout layout = layoutFor(a.channels, a.classes);
  float* sums = reinterpret_cast<float*>(memory + layout.sums);
  T* feature = reinterpret_cast<T*>(memory + layout.feature);
  T* hidden = reinterpret_cast<T*>(memory + layout.hidden);
  T* classifier = reinterpret_cast<T*>(memory + layout.classifier);
  const int featureStride = a.channels + 8;
  const int classTiles = paddedClasses(a.classes) / kTile;
  const int warp = threadIdx.x / 32;
  const int pixelsInMap = a.height * a.width;
  const int first = blockIdx.x * kPixels;
  const int n = blockIdx.y;

  const T* featureMap = static_cast<const T*>(a.feature) + static_cast<std::size_t>(n) * pixelsInMap * a.channels;
  const int groups = a.channels / 8;
  for (int item = threadIdx.x; item < kPixels * groups; item += kThreads) {
    const int pixel = item / groups, group = item % groups;
    Eight<T> value{};
    if (first + pixel < pixelsInMap)
      value = loadEight(featureMap + static_cast<std::size_t>(first + pixel) * a.channels + group * 8);
    *reinterpret_cast<Eight<T>*>(feature + pixel * featureStride + group * 8) = value;
  }

  // Each thread adds the enlarged maps up for eight channels of two pixels of each chunk.
  constexpr int kItems = kPixels * kChunk / 8 / kThreads;
  const int group = threadIdx.x % 8;
  Corners corners[kItems][Maps > 0 ? Maps : 1];
#pragma unroll
  for (int item = 0; item < kItems; ++item) {
    const int pixel = min(first + static_cast<int>(threadIdx.x) / 8 + item * (kThreads / 8), pixelsInMap - 1);
#pragma unroll
    for (int m = 0; m < Maps; ++m)
      corners[item][m] = cornersOf(a.map[m], n, pixel / a.width, pixel % a.width, a.height, a.width, a.inner);
  }

  wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float> logits[TilesPerWarp];
#pragma unroll
  for (int j = 0; j < TilesPerWarp; ++j) wmma::fill_fragment(logits[j], 0.f);

  const T* weight = static_cast<const T*>(a.weight);
  const T* bias = static_cast<const T*>(a.bias);
  const T* allClasses = static_cast<const T*>(a.classifier);

  for (int chunk = 0; chunk < a.inner; chunk += kChunk) {
    __syncthreads();
    // The first map's share: [64 pixels, C] x [C, 64 channels of the chunk]. Two tiles for each of the eight warps.
    const int row = warp / 2;
#pragma unroll
    for (int side = 0; side < 2; ++side) {
      const int column = (warp % 2) * 2 + side;
      wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float> sum;
      wmma::fill_fragment(sum, 0.f);
      for (int k = 0; k < a.channels; k += kTile) {
        wmma::fragment<wmma::matrix_a, kTile, kTile, kTile, T, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, kTile, kTile, kTile, T, wmma::col_major> right;
        wmma::load_matrix_sync(left, feature + row * kTile * featureStride + k, featureStride);
        wmma::load_matrix_sync(right, weight + static_cast<std::size_t>(chunk + column * kTile) * a.channels + k,
                               a.channels);
        wmma::mma_sync(sum, left, right, sum);
      }
      wmma::store_matrix_sync(sums + row * kTile * kFloatStride + column * kTile, sum, kFloatStride,
                              wmma::mem_row_major);
    }
    for (int item = threadIdx.x; item < classTiles * kTile * (kChunk / 8); item += kThreads) {
      const int k = item / (kChunk / 8), eighth = item % (kChunk / 8);
      Eight<T> value{};
      if (k < a.classes) value = loadEight(allClasses + static_cast<std::size_t>(k) * a.inner + chunk + eighth * 8);
      *reinterpret_cast<Eight<T>*>(classifier + k * kHalfStride + eighth * 8) = value;
    }
    __syncthreads();

    const Eight<T> shift = loadEight(bias + chunk + group * 8);
#pragma unroll
    for (int item = 0; item < kItems; ++item) {
      const int pixel = threadIdx.x / 8 + item * (kThreads / 8);
      float sum[8];
      const float* product = sums + pixel * kFloatStride + group * 8;
#pragma unroll
      for (int i = 0; i < 8; ++i) sum[i] = product[i] + toFloat(shift.value[i]);
#pragma unroll
      for (int m = 0; m < Maps; ++m)
        addEnlarged(sum, static_cast<const T*>(a.map[m].data), corners[item][m], chunk + group * 8);
      Eight<T> result;
#pragma unroll
      for (int i = 0; i < 8; ++i) result.value[i] = fromFloat<T>(sum[i] > 0.f ? sum[i] : (sum[i] == sum[i] ? 0.f : sum[i]));
      *reinterpret_cast<Eight<T>*>(hidden + pixel * kHalfStride + group * 8) = result;
    }
    __syncthreads();

    // What the chunk adds to the logits: [64 pixels, 64] x [64, classes].
#pragma unroll
    for (int j = 0; j < TilesPerWarp; ++j) {
      const int tile = warp + j * kWarps;
      if (tile >= 4 * classTiles) continue;
#pragma unroll
      for (int k = 0; k < kChunk; k += kTile) {
        wmma::fragment<wmma::matrix_a, kTile, kTile, kTile, T, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, kTile, kTile, kTile, T, wmma::col_major> right;
        wmma::load_matrix_sync(left, hidden + (tile % 4) * kTile * kHalfStride + k, kHalfStride);
        wmma::load_matrix_sync(right, classifier + (tile / 4) * kTile * kHalfStride + k, kHalfStride);
        wmma::mma_sync(logits[j], left, right, logits[j]);
      }
    }
  }

  // Out through shared memory, so that a warp writes neighbouring pixels of one class.
  const T* shift = static_cast<const T*>(a.classifierBias);
  T* output = static_cast<T*>(a.logits) + static_cast<std::size_t>(n) * a.classes * pixelsInMap;
#pragma unroll
  for (int j = 0; j < TilesPerWarp; ++j) {
    __syncthreads();
    const int tile = warp + j * kWarps;
    if (tile < 4 * classTiles)
      wmma::store_matrix_sync(sums + (tile % 4) * kTile * kFloatStride + (warp / 4) * kTile, logits[j], kFloatStride,
                              wmma::mem_row_major);
    __syncthreads();
    for (int item = threadIdx.x; item < kPixels * 2 * kTile; item += kThreads) {
      const int pixel = item % kPixels, column = item / kPixels, k = j * 2 * kTile + column;
      if (k < a.classes && first + pixel < pixelsInMap)
        output[static_cast<std::size_t>(k) * pixelsInMap + first + pixel] =
            fromFloat<T>(sums[pixel * kFloatStride + column] + toFloat(shift[k]));
    }
  }
}

template <typename T, int Maps, int TilesPerWarp>
cudaError_t launchAs(const Arguments& a, cudaStream_t stream) {
  const Layout layout = layoutFor(a.channels, a.classes);
  auto* kernel = decodeHead<T, Maps, TilesPerWarp>;
  if (layout.total > 48 * 1024) {
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, layout.total);
    if (error != cudaSuccess) return error;
  }
  const dim3 grid((a.height * a.width + kPixels - 1) / kPixels, a.batch);
  kernel<<<grid, kThreads, layout.total, stream>>>(a);
  return cudaGetLastError();
}

template <typename T, int Maps>
cudaError_t launchClasses(const Arguments& a, cudaStream_t stream) {
  switch ((4 * paddedClasses(a.classes) / kTile + kWarps - 1) / kWarps) {
    case 1: return launchAs<T, Maps, 1>(a, stream);
    case 2: return launchAs<T, Maps, 2>(a, stream);
    case 3: return launchAs<T, Maps, 3>(a, stream);
    case 4: return launchAs<T, Maps, 4>(a, stream);
    default: return launchAs<T, Maps, kMaxTilesPerWarp>(a, stream);
  }
}

template <typename T>
cudaError_t launchMaps(const Arguments& a, cudaStream_t stream) {
  switch (a.maps) {
    case 1: return launchClasses<T, 1>(a, stream);
    case 2: return launchClasses<T, 2>(a, stream);
    case 3: return launchClasses<T, 3>(a, stream);
    default: return launchClasses<T, 4>(a, stream);
  }
}

}  // namespace

bool isServed(int channels, int inner, int classes, int maps) {
  return channels > 0 && channels % kTile == 0 && channels <= kMaxChannels && inner > 0 && inner % kChunk == 0 &&
         classes > 0 && classes <= kMaxClasses && maps > 0 && maps <= kMaxMaps;
}

cudaError_t launch(const Arguments& a, cudaStream_t stream) {
  if (!isServed(a.channels, a.inner, a.classes, a.maps) || a.batch <= 0 || a.batch > 65535 || a.height <= 0 ||
      a.width <= 0)
    return cudaErrorInvalidValue;
  for (int m = 0; m < a.maps; ++m) {
    // Offsets inside a map are 32 bits wide.
    const double elements = static_cast<double>(a.batch) * a.map[m].height * a.map[m].width * a.inner;
    if (a.map[m].height <= 0 || a.map[m].width <= 0 || elements >= 2147483647.0) return cudaErrorInvalidValue;
  }
  return a.type == Type::half ? launchMaps<__half>(a, stream) : launchMaps<__nv_bfloat16>(a, stream);
}

}  // namespace maskforge::decodehead
