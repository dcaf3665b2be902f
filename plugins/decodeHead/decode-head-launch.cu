#include <cmath>
#include <type_traits>

#include "../common/elements.cuh"
#include "decode-head-launch.h"
#include "matrix-units.cuh"

namespace maskforge::decodehead {
namespace {

// How it works. Enlarging is linear, so for the pixels of one tile all of it is one matrix product: what a pixel takes
// from each of the few positions of the smaller maps that lie under the tile, times the values there. Put beside the
// first map's own product it makes
//
//   hidden[pixel, d] = relu(bias[d] + [feature | shares][pixel, :] · [weight[d, :] | sources[:, d]])
//
// which the matrix units do at once. The left side is the same for all d and stays in shared memory; the right side
// passes through it in chunks of 64 channels, the next one on its way while one is multiplied. What relu gives never
// leaves the registers: it is the left side of the product with the classifier. So the [pixels, D] map, by far the
// largest of the network, exists nowhere.
constexpr int kTILE_WIDTH = 16;
constexpr int kTILE_HEIGHT = 8;
constexpr int kPIXELS = kTILE_WIDTH * kTILE_HEIGHT;
constexpr int kCHUNK = 64;
// Rows in shared memory are 16 bytes longer than their contents: eight neighbouring rows then lie in different banks.
constexpr int kPAD = 8;
constexpr int kROW = kCHUNK + kPAD;

int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Most rows or columns of a map that lie under `pixels` neighbouring ones of the result.
int mostUnder(int pixels, int size, int enlarged) {
  const int count = static_cast<int>(std::floor((pixels - 1) * (static_cast<double>(size) / enlarged))) + 3;
  return count < size ? count : size;
}

int sourceCount(const Arguments& a) {
  int count = 0;
  for (const Map& map : a.map) count += mostUnder(kTILE_HEIGHT, map.height, a.height) * mostUnder(kTILE_WIDTH, map.width, a.width);
  return roundUp(count, 16);
}

/// Where things lie in shared memory: in elements, but for `total` and `addresses`, which are bytes.
struct Layout {
  int sources, classes, leftRow;
  int weight, classifier, stage, stages;
  std::size_t addresses, total;
};

Layout layoutFor(const Arguments& a) {
  Layout layout{};
  layout.sources = sourceCount(a);
  layout.classes = roundUp(a.classes, 16);
  layout.leftRow = a.channels + layout.sources + kPAD;
  layout.weight = layout.sources * kROW;
  layout.classifier = layout.weight + kCHUNK * (a.channels + kPAD);
  layout.stage = layout.classifier + layout.classes * kROW;
  layout.stages = kPIXELS * layout.leftRow;
  layout.addresses = (static_cast<std::size_t>(layout.stages) + 2 * static_cast<std::size_t>(layout.stage)) * 2;
  layout.total = layout.addresses + static_cast<std::size_t>(layout.sources) * sizeof(void*);
  return layout;
}

/// One axis of a position in a map: two neighbours, and how much of the second.
struct Neighbours {
  int first, second;
  float share;
};

__device__ Neighbours neighboursOf(int pixel, int size, int enlarged) {
  // As PyTorch and ONNX's half_pixel do: positions before the first centre are held at it.
  const float at = fmaxf(0.f, (pixel + 0.5f) * (static_cast<float>(size) / enlarged) - 0.5f);
  const int first = min(static_cast<int>(at), size - 1);
  return {first, min(first + 1, size - 1), at - first};
}

/// The rectangle of a map that lies under the tile.
struct Window {
  int top, left, rows, columns;
};

[[maybe_unused]] __device__ Window windowOf(const Map& map, const Arguments& a, int y, int x) {
  const int top = neighboursOf(y, map.height, a.height).first, left = neighboursOf(x, map.width, a.width).first;
  const int bottom = neighboursOf(min(y + kTILE_HEIGHT, a.height) - 1, map.height, a.height).second;
  const int right = neighboursOf(min(x + kTILE_WIDTH, a.width) - 1, map.width, a.width).second;
  return {top, left, bottom - top + 1, right - left + 1};
}

template <typename T>
__device__ void addShare(T* shares, int index, float share) {
  fromFloat(toFloat(shares[index]) + share, shares[index]);
}

/// Writes [feature | shares] for the tile's pixels, and where the sources lie.
template <typename T>
__device__ void prepareTile(const Arguments& a, const Layout& layout, T* left, const T** addresses, int y, int x, int n) {
  const int groups = a.channels / 8;
  const T* feature = static_cast<const T*>(a.feature) + static_cast<std::size_t>(n) * a.height * a.width * a.channels;
  for (int item = threadIdx.x; item < kPIXELS * groups; item += blockDim.x) {
    const int pixel = item / groups, group = item % groups;
    const int py = min(y + pixel / kTILE_WIDTH, a.height - 1), px = min(x + pixel % kTILE_WIDTH, a.width - 1);
    const T* from = feature + (static_cast<std::size_t>(py) * a.width + px) * a.channels;
    Group<T, 8>::load(from, group).store(left + pixel * layout.leftRow, group);
  }
  for (int item = threadIdx.x; item < kPIXELS * layout.sources / 8; item += blockDim.x) {
    const int pixel = item / (layout.sources / 8), group = item % (layout.sources / 8);
    Group<T, 8>::zero().store(left + pixel * layout.leftRow + a.channels, group);
  }
  __syncthreads();
  int base = 0;
  for (int m = 0; m < kMAPS; ++m) {
    const Map map = a.map[m];
    const Window window = windowOf(map, a, y, x);
    for (int pixel = threadIdx.x; pixel < kPIXELS; pixel += blockDim.x) {
      T* shares = left + pixel * layout.leftRow + a.channels + base;
      const Neighbours v = neighboursOf(min(y + pixel / kTILE_WIDTH, a.height - 1), map.height, a.height);
      const Neighbours h = neighboursOf(min(x + pixel % kTILE_WIDTH, a.width - 1), map.width, a.width);
      const int top = (v.first - window.top) * window.columns, bottom = (v.second - window.top) * window.columns;
      const int near = h.first - window.left, far = h.second - window.left;
      // At a border two of the four are the same, so they are added.
      addShare(shares, top + near, (1 - v.share) * (1 - h.share));
      addShare(shares, top + far, (1 - v.share) * h.share);
      addShare(shares, bottom + near, v.share * (1 - h.share));
      addShare(shares, bottom + far, v.share * h.share);
    }
    const T* data = static_cast<const T*>(map.data) + static_cast<std::size_t>(n) * map.height * map.width * a.inner;
    for (int source = threadIdx.x; source < window.rows * window.columns; source += blockDim.x) {
      const int row = window.top + source / window.columns, column = window.left + source % window.columns;
      addresses[base + source] = data + (static_cast<std::size_t>(row) * map.width + column) * a.inner;
    }
    base += window.rows * window.columns;
  }
  for (int source = base + threadIdx.x; source < layout.sources; source += blockDim.x) addresses[source] = nullptr;
}

/// What copies do not write must still be numbers: nothing times NaN is NaN.
template <typename T>
__device__ void clearStages(const Layout& layout, T* stages) {
  for (int item = threadIdx.x; item < layout.stage / 4; item += blockDim.x) Group<T, 8>::zero().store(stages, item);
}

/// Sets the right side for channels `chunk` to `chunk + 63` on its way.
template <typename T>
__device__ void fetchChunk(const Arguments& a, const Layout& layout, const T* const* addresses, T* stage, int chunk) {
  constexpr int kPARTS = kCHUNK / 8;
  for (int item = threadIdx.x; item < layout.sources * kPARTS; item += blockDim.x) {
    const int source = item / kPARTS, part = item % kPARTS;
    const T* from = addresses[source];
    if (from != nullptr) copyAsync16(stage + source * kROW + part * 8, from + chunk + part * 8);
  }
  const int groups = a.channels / 8;
  const T* weight = static_cast<const T*>(a.weight) + static_cast<std::size_t>(chunk) * a.channels;
  for (int item = threadIdx.x; item < kCHUNK * groups; item += blockDim.x) {
    const int row = item / groups, part = item % groups;
    copyAsync16(stage + layout.weight + row * (a.channels + kPAD) + part * 8, weight + item * 8);
  }
  const T* classifier = static_cast<const T*>(a.classifier) + chunk;
  for (int item = threadIdx.x; item < a.classes * kPARTS; item += blockDim.x) {
    const int k = item / kPARTS, part = item % kPARTS;
    copyAsync16(stage + layout.classifier + k * kROW + part * 8, classifier + static_cast<std::size_t>(k) * a.inner + part * 8);
  }
  commitCopies();
}

/// Each warp holds MATRICES x 16 pixels, a row of the tile each.
template <typename T, int MATRICES>
struct Hidden {
  float sum[MATRICES][kCHUNK / 8][4];
};

template <typename T, int MATRICES>
__device__ void multiplyInputs(const Arguments& a, const Layout& layout, const T* left, const T* stage, int warp,
                               Hidden<T, MATRICES>& hidden) {
  const auto step = [&](int k, auto&& loadRight) {
    LeftMatrix matrix[MATRICES];
#pragma unroll
    for (int m = 0; m < MATRICES; ++m)
      matrix[m] = loadLeft(left + (warp * MATRICES + m) * 16 * layout.leftRow + k, layout.leftRow);
#pragma unroll
    for (int pair = 0; pair < kCHUNK / 16; ++pair) {
      const RightPair right = loadRight(pair * 16);
#pragma unroll
      for (int m = 0; m < MATRICES; ++m) {
        multiply<T>(hidden.sum[m][2 * pair], matrix[m], right.first);
        multiply<T>(hidden.sum[m][2 * pair + 1], matrix[m], right.second);
      }
    }
  };
  const int weightRow = a.channels + kPAD;
  const T* weight = stage + layout.weight;
  for (int k = 0; k < a.channels; k += 16)
    step(k, [&](int column) { return loadRightTransposed(weight + column * weightRow + k, weightRow); });
  for (int k = 0; k < layout.sources; k += 16)
    step(a.channels + k, [&](int column) { return loadRight(stage + k * kROW + column, kROW); });
}

/// logits += relu(hidden) · classifierᵀ, straight from registers.
template <typename T, int MATRICES, int CLASS_PAIRS>
__device__ void multiplyClassifier(const Layout& layout, const T* stage, const Hidden<T, MATRICES>& hidden,
                                   float (&logits)[MATRICES][2 * CLASS_PAIRS][4]) {
#pragma unroll
  for (int k = 0; k < kCHUNK / 16; ++k) {
    LeftMatrix matrix[MATRICES];
#pragma unroll
    for (int m = 0; m < MATRICES; ++m) matrix[m] = reluAsLeft<T>(hidden.sum[m][2 * k], hidden.sum[m][2 * k + 1]);
#pragma unroll
    for (int pair = 0; pair < CLASS_PAIRS; ++pair) {
      if (pair * 16 >= layout.classes) break;
      const RightPair right = loadRightTransposed(stage + layout.classifier + pair * 16 * kROW + k * 16, kROW);
#pragma unroll
      for (int m = 0; m < MATRICES; ++m) {
        multiply<T>(logits[m][2 * pair], matrix[m], right.first);
        multiply<T>(logits[m][2 * pair + 1], matrix[m], right.second);
      }
    }
  }
}

template <typename T, int MATRICES, int CLASS_PAIRS>
__device__ void writeLogits(const Arguments& a, const float (&logits)[MATRICES][2 * CLASS_PAIRS][4], int y, int x, int n) {
  const std::size_t plane = static_cast<std::size_t>(a.height) * a.width;
  T* output = static_cast<T*>(a.logits) + static_cast<std::size_t>(n) * a.classes * plane;
  const T* shift = static_cast<const T*>(a.classifierBias);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (int m = 0; m < MATRICES; ++m)
#pragma unroll
    for (int column = 0; column < 2 * CLASS_PAIRS; ++column)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int k = column * 8 + lane % 4 * 2 + i % 2;
        const int py = y + warp * MATRICES + m, px = x + lane / 4 + i / 2 * 8;
        if (k < a.classes && py < a.height && px < a.width)
          fromFloat(logits[m][column][i] + toFloat(shift[k]), output[k * plane + static_cast<std::size_t>(py) * a.width + px]);
      }
}

template <typename T, int MATRICES, int CLASS_PAIRS>
__device__ void classifyTile(const Arguments& a, const Layout& layout, unsigned char* memory) {
  T* left = reinterpret_cast<T*>(memory);
  T* stages = left + layout.stages;
  const T** addresses = reinterpret_cast<const T**>(memory + layout.addresses);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int tiles = (a.width + kTILE_WIDTH - 1) / kTILE_WIDTH;
  const int y = blockIdx.x / tiles * kTILE_HEIGHT, x = blockIdx.x % tiles * kTILE_WIDTH, n = blockIdx.y;
  clearStages(layout, stages);
  prepareTile(a, layout, left, addresses, y, x, n);
  __syncthreads();
  fetchChunk(a, layout, addresses, stages, 0);

  float logits[MATRICES][2 * CLASS_PAIRS][4] = {};
  const T* bias = static_cast<const T*>(a.bias);
  for (int chunk = 0, turn = 0; chunk < a.inner; chunk += kCHUNK, turn ^= 1) {
    const T* stage = stages + turn * layout.stage;
    awaitCopies();
    // Everybody's copies are there, and everybody has left the other stage.
    __syncthreads();
    if (chunk + kCHUNK < a.inner) fetchChunk(a, layout, addresses, stages + (turn ^ 1) * layout.stage, chunk + kCHUNK);
    Hidden<T, MATRICES> hidden;
#pragma unroll
    for (int column = 0; column < kCHUNK / 8; ++column) {
      float shift[2];
      Group<T, 2>::load(bias + chunk + column * 8, lane % 4).toFloats(shift);
#pragma unroll
      for (int m = 0; m < MATRICES; ++m)
#pragma unroll
        for (int i = 0; i < 4; ++i) hidden.sum[m][column][i] = shift[i % 2];
    }
    multiplyInputs(a, layout, left, stage, warp, hidden);
    multiplyClassifier<T, MATRICES, CLASS_PAIRS>(layout, stage, hidden, logits);
  }
  writeLogits<T, MATRICES, CLASS_PAIRS>(a, logits, y, x, n);
}

template <typename T, int MATRICES, int CLASS_PAIRS>
__global__ void __launch_bounds__(kPIXELS / 16 / MATRICES * 32) decodeHead(Arguments arguments, Layout layout) {
  extern __shared__ __align__(128) unsigned char memory[];
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  classifyTile<T, MATRICES, CLASS_PAIRS>(arguments, layout, memory);
#endif
}

template <typename T, int MATRICES, int CLASS_PAIRS>
cudaError_t launchTiles(const Arguments& a, cudaStream_t stream) {
  const Layout layout = layoutFor(a);
  auto* kernel = decodeHead<T, MATRICES, CLASS_PAIRS>;
  if (layout.total > 48 * 1024) {
    const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(layout.total));
    if (error != cudaSuccess) return error;
  }
  const int tiles = (a.width + kTILE_WIDTH - 1) / kTILE_WIDTH * ((a.height + kTILE_HEIGHT - 1) / kTILE_HEIGHT);
  kernel<<<dim3(tiles, a.batch), kPIXELS / 16 / MATRICES * 32, layout.total, stream>>>(a, layout);
  return cudaGetLastError();
}

template <typename T>
cudaError_t launchAs(const Arguments& a, cudaStream_t stream) {
  if (a.classes <= 32) return launchTiles<T, 1, 2>(a, stream);
  if (a.classes <= 64) return launchTiles<T, 1, 4>(a, stream);
  return launchTiles<T, 1, kMAX_CLASSES / 16>(a, stream);
}

}  // namespace

bool isServed(int channels, int inner, int classes) {
  return channels > 0 && channels % 16 == 0 && channels <= kMAX_CHANNELS && inner > 0 && inner % kCHUNK == 0 &&
         classes > 0 && classes <= kMAX_CLASSES;
}

cudaError_t launchDecodeHead(const Arguments& a, cudaStream_t stream) {
  if (!isServed(a.channels, a.inner, a.classes) || a.batch <= 0 || a.batch > 65535 || a.height <= 0 || a.width <= 0)
    return cudaErrorInvalidValue;
  for (const Map& map : a.map)
    if (map.height <= 0 || map.width <= 0 || map.height > a.height || map.width > a.width) return cudaErrorInvalidValue;
  return a.type == Type::float16 ? launchAs<__half>(a, stream) : launchAs<__nv_bfloat16>(a, stream);
}

}  // namespace maskforge::decodehead
