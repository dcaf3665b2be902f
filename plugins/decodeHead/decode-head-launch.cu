#include <mma.h>

#include <type_traits>

#include "../common/elements.cuh"
#include "decode-head-launch.h"

namespace maskforge::decodehead {
namespace {

using namespace nvcuda;

// A block works on 64 neighbouring pixels and walks through D in chunks of 64, so that the [pixels, D] map, by far the
// largest of the network, exists only as one 64 x 64 tile at a time in shared memory.
constexpr int kPIXELS = 64;
constexpr int kCHUNK = 64;
constexpr int kTHREADS = 256;
constexpr int kWARPS = kTHREADS / 32;
constexpr int kTILE = 16;
// Rows are padded so that neighbouring rows begin in other banks.
constexpr int kHALF_STRIDE = kCHUNK + 8;
constexpr int kFLOAT_STRIDE = kCHUNK + 4;

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
__device__ void addEnlarged(float (&sum)[8], const T* data, const Corners& at, int channel) {
  const T* corner = data + at.offset + channel;
  float a[8], b[8], c[8], d[8];
  Group<T, 8>::load(corner, 0).toFloats(a);
  Group<T, 8>::load(corner + at.right, 0).toFloats(b);
  Group<T, 8>::load(corner + at.below, 0).toFloats(c);
  Group<T, 8>::load(corner + at.below + at.right, 0).toFloats(d);
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const float left = a[i] + at.weightY * (c[i] - a[i]);
    const float right = b[i] + at.weightY * (d[i] - b[i]);
    sum[i] += left + at.weightX * (right - left);
  }
}

/// Not fmaxf: a NaN has to come out as one.
__device__ float relu(float value) { return value < 0.f ? 0.f : value; }

/// Shared memory of a block, in bytes from its beginning.
struct Layout {
  int feature, sums, hidden, classifier, total;
};

__host__ __device__ constexpr int paddedClasses(int classes) { return (classes + 15) / 16 * 16; }

__host__ __device__ constexpr Layout layoutFor(int channels, int classes) {
  Layout layout{};
  layout.sums = 0;
  layout.feature = kPIXELS * kFLOAT_STRIDE * 4;
  layout.hidden = layout.feature + kPIXELS * (channels + 8) * 2;
  layout.classifier = layout.hidden + kPIXELS * kHALF_STRIDE * 2;
  layout.total = layout.classifier + paddedClasses(classes) * kHALF_STRIDE * 2;
  return layout;
}

template <typename T, int TILES_PER_WARP>
__device__ void classify(const Arguments& a, unsigned char* memory) {
  const Layout layout = layoutFor(a.channels, a.classes);
  float* sums = reinterpret_cast<float*>(memory + layout.sums);
  T* feature = reinterpret_cast<T*>(memory + layout.feature);
  T* hidden = reinterpret_cast<T*>(memory + layout.hidden);
  T* classifier = reinterpret_cast<T*>(memory + layout.classifier);
  const int featureStride = a.channels + 8;
  const int classTiles = paddedClasses(a.classes) / kTILE;
  const int warp = threadIdx.x / 32;
  const int pixelsInMap = a.height * a.width;
  const int first = blockIdx.x * kPIXELS;
  const int n = blockIdx.y;

  const T* featureMap = static_cast<const T*>(a.feature) + static_cast<std::size_t>(n) * pixelsInMap * a.channels;
  const int groups = a.channels / 8;
  for (int item = threadIdx.x; item < kPIXELS * groups; item += kTHREADS) {
    const int pixel = item / groups, group = item % groups;
    Group<T, 8> value = Group<T, 8>::zero();
    if (first + pixel < pixelsInMap)
      value = Group<T, 8>::load(featureMap + static_cast<std::size_t>(first + pixel) * a.channels, group);
    value.store(feature + pixel * featureStride, group);
  }

  // Each thread adds the enlarged maps up for eight channels of two pixels of each chunk.
  constexpr int kITEMS = kPIXELS * kCHUNK / 8 / kTHREADS;
  const int group = threadIdx.x % 8;
  Corners corners[kITEMS][kMAPS];
#pragma unroll
  for (int item = 0; item < kITEMS; ++item) {
    const int pixel = min(first + static_cast<int>(threadIdx.x) / 8 + item * (kTHREADS / 8), pixelsInMap - 1);
#pragma unroll
    for (int m = 0; m < kMAPS; ++m)
      corners[item][m] = cornersOf(a.map[m], n, pixel / a.width, pixel % a.width, a.height, a.width, a.inner);
  }

  wmma::fragment<wmma::accumulator, kTILE, kTILE, kTILE, float> logits[TILES_PER_WARP];
#pragma unroll
  for (int j = 0; j < TILES_PER_WARP; ++j) wmma::fill_fragment(logits[j], 0.f);

  const T* weight = static_cast<const T*>(a.weight);
  const T* bias = static_cast<const T*>(a.bias);
  const T* allClasses = static_cast<const T*>(a.classifier);

  for (int chunk = 0; chunk < a.inner; chunk += kCHUNK) {
    __syncthreads();
    // The first map's share: [64 pixels, C] x [C, 64 channels of the chunk]. Two tiles for each of the eight warps.
    const int row = warp / 2;
#pragma unroll
    for (int side = 0; side < 2; ++side) {
      const int column = (warp % 2) * 2 + side;
      wmma::fragment<wmma::accumulator, kTILE, kTILE, kTILE, float> sum;
      wmma::fill_fragment(sum, 0.f);
      for (int k = 0; k < a.channels; k += kTILE) {
        wmma::fragment<wmma::matrix_a, kTILE, kTILE, kTILE, T, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, kTILE, kTILE, kTILE, T, wmma::col_major> right;
        wmma::load_matrix_sync(left, feature + row * kTILE * featureStride + k, featureStride);
        wmma::load_matrix_sync(right, weight + static_cast<std::size_t>(chunk + column * kTILE) * a.channels + k,
                               a.channels);
        wmma::mma_sync(sum, left, right, sum);
      }
      wmma::store_matrix_sync(sums + row * kTILE * kFLOAT_STRIDE + column * kTILE, sum, kFLOAT_STRIDE,
                              wmma::mem_row_major);
    }
    for (int item = threadIdx.x; item < classTiles * kTILE * (kCHUNK / 8); item += kTHREADS) {
      const int k = item / (kCHUNK / 8), eighth = item % (kCHUNK / 8);
      Group<T, 8> value = Group<T, 8>::zero();
      if (k < a.classes) value = Group<T, 8>::load(allClasses + static_cast<std::size_t>(k) * a.inner + chunk, eighth);
      value.store(classifier + k * kHALF_STRIDE, eighth);
    }
    __syncthreads();

    float shift[8];
    Group<T, 8>::load(bias + chunk, group).toFloats(shift);
#pragma unroll
    for (int item = 0; item < kITEMS; ++item) {
      const int pixel = threadIdx.x / 8 + item * (kTHREADS / 8);
      float sum[8];
      const float* product = sums + pixel * kFLOAT_STRIDE + group * 8;
#pragma unroll
      for (int i = 0; i < 8; ++i) sum[i] = product[i] + shift[i];
#pragma unroll
      for (int m = 0; m < kMAPS; ++m)
        addEnlarged(sum, static_cast<const T*>(a.map[m].data), corners[item][m], chunk + group * 8);
#pragma unroll
      for (int i = 0; i < 8; ++i) sum[i] = relu(sum[i]);
      Group<T, 8>::fromFloats(sum).store(hidden + pixel * kHALF_STRIDE, group);
    }
    __syncthreads();

    // What the chunk adds to the logits: [64 pixels, 64] x [64, classes].
#pragma unroll
    for (int j = 0; j < TILES_PER_WARP; ++j) {
      const int tile = warp + j * kWARPS;
      if (tile >= 4 * classTiles) continue;
#pragma unroll
      for (int k = 0; k < kCHUNK; k += kTILE) {
        wmma::fragment<wmma::matrix_a, kTILE, kTILE, kTILE, T, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, kTILE, kTILE, kTILE, T, wmma::col_major> right;
        wmma::load_matrix_sync(left, hidden + (tile % 4) * kTILE * kHALF_STRIDE + k, kHALF_STRIDE);
        wmma::load_matrix_sync(right, classifier + (tile / 4) * kTILE * kHALF_STRIDE + k, kHALF_STRIDE);
        wmma::mma_sync(logits[j], left, right, logits[j]);
      }
    }
  }

  // Out through shared memory, so that a warp writes neighbouring pixels of one class.
  const T* shift = static_cast<const T*>(a.classifierBias);
  T* output = static_cast<T*>(a.logits) + static_cast<std::size_t>(n) * a.classes * pixelsInMap;
#pragma unroll
  for (int j = 0; j < TILES_PER_WARP; ++j) {
    __syncthreads();
    const int tile = warp + j * kWARPS;
    if (tile < 4 * classTiles)
      wmma::store_matrix_sync(sums + (tile % 4) * kTILE * kFLOAT_STRIDE + (warp / 4) * kTILE, logits[j], kFLOAT_STRIDE,
                              wmma::mem_row_major);
    __syncthreads();
    for (int item = threadIdx.x; item < kPIXELS * 2 * kTILE; item += kTHREADS) {
      const int pixel = item % kPIXELS, column = item / kPIXELS, k = j * 2 * kTILE + column;
      if (k < a.classes && first + pixel < pixelsInMap)
        fromFloat(sums[pixel * kFLOAT_STRIDE + column] + toFloat(shift[k]),
                  output[static_cast<std::size_t>(k) * pixelsInMap + first + pixel]);
    }
  }
}

/// Two blocks on a multiprocessor hide each other's waiting; with many classes their sums take the registers of both.
template <typename T, int TILES_PER_WARP>
__global__ void __launch_bounds__(kTHREADS, TILES_PER_WARP <= 2 ? 2 : 1) decodeHead(Arguments arguments) {
  extern __shared__ __align__(128) unsigned char memory[];
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  // The matrix units know bfloat16 from compute capability 8.0 on; the plugin does not offer it before.
  constexpr bool isServed = !std::is_same_v<T, __nv_bfloat16>;
#else
  constexpr bool isServed = true;
#endif
  if constexpr (isServed) classify<T, TILES_PER_WARP>(arguments, memory);
}

template <typename T, int TILES_PER_WARP>
cudaError_t launchTiles(const Arguments& a, cudaStream_t stream) {
  const Layout layout = layoutFor(a.channels, a.classes);
  auto* kernel = decodeHead<T, TILES_PER_WARP>;
  if (layout.total > 48 * 1024) {
    const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, layout.total);
    if (error != cudaSuccess) return error;
  }
  const dim3 grid((a.height * a.width + kPIXELS - 1) / kPIXELS, a.batch);
  kernel<<<grid, kTHREADS, layout.total, stream>>>(a);
  return cudaGetLastError();
}

template <typename T>
cudaError_t launchAs(const Arguments& a, cudaStream_t stream) {
  const int tiles = 4 * paddedClasses(a.classes) / kTILE;
  if (tiles <= kWARPS) return launchTiles<T, 1>(a, stream);
  if (tiles <= 2 * kWARPS) return launchTiles<T, 2>(a, stream);
  return launchTiles<T, 5>(a, stream);
}

}  // namespace

bool isServed(int channels, int inner, int classes) {
  return channels > 0 && channels % kTILE == 0 && channels <= kMAX_CHANNELS && inner > 0 && inner % kCHUNK == 0 &&
         classes > 0 && classes <= kMAX_CLASSES;
}

cudaError_t launchDecodeHead(const Arguments& a, cudaStream_t stream) {
  if (!isServed(a.channels, a.inner, a.classes) || a.batch <= 0 || a.batch > 65535 || a.height <= 0 || a.width <= 0)
    return cudaErrorInvalidValue;
  for (const Map& map : a.map) {
    // Offsets inside a map are 32 bits wide.
    const double elements = static_cast<double>(a.batch) * map.height * map.width * a.inner;
    if (map.height <= 0 || map.width <= 0 || elements >= 2147483647.0) return cudaErrorInvalidValue;
  }
  return a.type == Type::float16 ? launchAs<__half>(a, stream) : launchAs<__nv_bfloat16>(a, stream);
}

}  // namespace maskforge::decodehead
