// Bytes to the network's input. Bound by memory: each thread makes four neighbouring pixels, so that loads and stores
// are as wide as alignment allows, and each block works on a strip of 128 pixels x 16 rows, so that its copy of the
// tables in shared memory pays.
#include "maskforge/kernels.h"
#include "readers.h"

namespace maskforge {

namespace {

constexpr int kGROUP = 4;
constexpr int kLANES = 32;
constexpr int kROWS = 8;
constexpr int kPASSES = 2;
constexpr int kACROSS_ROWS = 4;

struct Group {
  PackedPixel pixel[kGROUP];
};

template <typename Reader>
__device__ Group readEach(const Reader& reader, int x, int y, int count) {
  Group group;
#pragma unroll
  for (int i = 0; i < kGROUP; ++i) group.pixel[i] = reader(i < count ? x + i : x, y);
  return group;
}

__device__ Group readPacked(const PackedReader& reader, int x, int y, int count) {
  const std::uint8_t* at = reader.pixels + y * reader.stride + static_cast<std::size_t>(x) * 4;
  if (count < kGROUP || reinterpret_cast<std::size_t>(at) % 16 != 0) return readEach(reader, x, y, count);
  const uint4 four = __ldg(reinterpret_cast<const uint4*>(at));
  return {{four.x, four.y, four.z, four.w}};
}

// --- Ways to the pixels of the resized picture ---------------------------------------------------------------------

struct FromRgb8 {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    return readEach(rgb8Reader(task, frame), x, y, count);
  }
};

struct FromPacked {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    return readPacked(packedReader(task, frame), x, y, count);
  }
};

struct FromNv12 {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    return readEach(nv12Reader(task, frame), x, y, count);
  }
};

struct FromAnyFormat {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    return readEach(FrameReader{task, frame}, x, y, count);
  }
};

struct FromNearest {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    const FrameReader reader{task, frame};
    Group group;
#pragma unroll
    for (int i = 0; i < kGROUP; ++i) group.pixel[i] = reader(task.columns[i < count ? x + i : x], task.lines[y]);
    return group;
  }
};

struct FromMiddle {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    return readPacked(middleReader(task, frame - firstFrame(task)), x, y, count);
  }
};

/// Weighted sums down: of rows resized across before, or of the frame's own where the width stays.
template <bool MIDDLE>
struct FromColumns {
  static __device__ Group read(const PreprocessTask& task, int frame, int x, int y, int count) {
    const int first = task.downFirst[y];
    const int taps = task.downCount[y];
    const std::int32_t* weights = task.downWeights + y * task.downTaps;
    const PackedReader middle = middleReader(task, frame - firstFrame(task));
    const FrameReader own{task, frame};
    WeightedSum sums[kGROUP];
#pragma unroll 4
    for (int k = 0; k < taps; ++k) {
      const int weight = __ldg(weights + k);
      const Group group = MIDDLE ? readPacked(middle, x, first + k, count) : readEach(own, x, first + k, count);
#pragma unroll
      for (int i = 0; i < kGROUP; ++i) sums[i].add(group.pixel[i], weight);
    }
    Group rounded;
#pragma unroll
    for (int i = 0; i < kGROUP; ++i) rounded.pixel[i] = sums[i].rounded();
    return rounded;
  }
};

// --- Writing -------------------------------------------------------------------------------------------------------

template <typename Element>
struct alignas(sizeof(Element) * kGROUP) Vector {
  Element value[kGROUP];
};

template <typename Element>
__device__ void store(Element* at, const Vector<Element>& values, int count) {
  if (count == kGROUP && reinterpret_cast<std::size_t>(at) % sizeof(Vector<Element>) == 0) {
    *reinterpret_cast<Vector<Element>*>(at) = values;
    return;
  }
#pragma unroll
  for (int i = 0; i < kGROUP; ++i) {
    if (i < count) at[i] = values.value[i];
  }
}

/// A group's values of one channel; pixels from `inside` on lie beyond the picture.
template <typename Element>
__device__ Vector<Element> look(const PreprocessTask& task, const Element* tables, const Group& group, int inside,
                                int channel) {
  Vector<Element> values;
  const Element fill = static_cast<Element>(task.fill[channel]);
#pragma unroll
  for (int i = 0; i < kGROUP; ++i) {
    const PackedPixel pixel = group.pixel[i];
    const int level = task.channels == 1 ? luma(pixel) : channelOf(pixel, task.source[channel]);
    values.value[i] = i < inside ? tables[channel * 256 + level] : fill;
  }
  return values;
}

template <typename Element>
__device__ void writeGroup(const PreprocessTask& task, const Element* tables, const Group& group, int x, int y,
                           int count, int inside, Element* item) {
  const std::size_t position = static_cast<std::size_t>(y) * task.inputWidth + x;
  if (task.channels == 1) {
    store(item + position, look(task, tables, group, inside, 0), count);
    return;
  }
  const Vector<Element> red = look(task, tables, group, inside, 0);
  const Vector<Element> green = look(task, tables, group, inside, 1);
  const Vector<Element> blue = look(task, tables, group, inside, 2);
  if (!task.nhwc) {
    const std::size_t plane = static_cast<std::size_t>(task.inputWidth) * task.inputHeight;
    store(item + position, red, count);
    store(item + plane + position, green, count);
    store(item + plane * 2 + position, blue, count);
    return;
  }
  const Element* parts[3] = {red.value, green.value, blue.value};
  const int elements = count * 3;
#pragma unroll
  for (int part = 0; part < 3; ++part) {
    Vector<Element> mixed;
#pragma unroll
    for (int i = 0; i < kGROUP; ++i) mixed.value[i] = parts[(part * kGROUP + i) % 3][(part * kGROUP + i) / 3];
    const int rest = elements - part * kGROUP;
    store(item + position * 3 + part * kGROUP, mixed, rest < kGROUP ? rest : kGROUP);
  }
}

/// Block (32, 8), grid (inputWidth / 128, inputHeight / 16, items).
template <typename Element, typename From>
__global__ void __launch_bounds__(kLANES* kROWS) writeInput(const __grid_constant__ PreprocessTask task) {
  __shared__ Element tables[3 * 256];
  const int thread = threadIdx.y * kLANES + threadIdx.x;
  for (int i = thread; i < task.channels * 256; i += kLANES * kROWS) {
    tables[i] = static_cast<const Element*>(task.tables)[i];
  }
  __syncthreads();

  const int index = task.firstItem + static_cast<int>(blockIdx.z);
  const int frame = index / task.tileCount;
  const Placement::Tile tile = task.tiles[index % task.tileCount];
  const std::size_t elements = static_cast<std::size_t>(task.inputWidth) * task.inputHeight * task.channels;
  Element* item = static_cast<Element*>(task.input) + elements * blockIdx.z;

  const int x = static_cast<int>(blockIdx.x * kLANES + threadIdx.x) * kGROUP;
  if (x >= task.inputWidth) return;
  const int count = min(kGROUP, task.inputWidth - x);
  const int across = min(count, task.resizedWidth - (x + tile.x));
#pragma unroll
  for (int pass = 0; pass < kPASSES; ++pass) {
    const int y = static_cast<int>(blockIdx.y * kPASSES + pass) * kROWS + threadIdx.y;
    if (y >= task.inputHeight) continue;
    const int inside = y + tile.y < task.resizedHeight ? across : 0;
    Group group{};
    if (inside > 0) group = From::read(task, frame, x + tile.x, y + tile.y, inside);
    writeGroup(task, tables, group, x, y, count, inside, item);
  }
}

/// Each thread makes one column of four rows: their weights are the same. Block (128), grid (resizedWidth / 128,
/// height / 4, frames).
template <typename Reader>
__device__ void resampleRowsOf(const PreprocessTask& task, const Reader& reader, int frame) {
  const int x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (x >= task.resizedWidth) return;
  const int y = static_cast<int>(blockIdx.y) * kACROSS_ROWS;
  const int first = task.acrossFirst[x];
  const int taps = task.acrossCount[x];
  WeightedSum sums[kACROSS_ROWS];
  for (int k = 0; k < taps; ++k) {
    const int weight = __ldg(task.acrossWeights + k * task.resizedWidth + x);
#pragma unroll
    for (int row = 0; row < kACROSS_ROWS; ++row)
      sums[row].add(reader(first + k, min(y + row, task.height - 1)), weight);
  }
  std::uint8_t* middle = task.middle + task.middleDistance * frame;
#pragma unroll
  for (int row = 0; row < kACROSS_ROWS; ++row) {
    if (y + row >= task.height) break;
    reinterpret_cast<std::uint32_t*>(middle + task.middleStride * (y + row))[x] = sums[row].rounded();
  }
}

__global__ void __launch_bounds__(128) resampleRows(const __grid_constant__ PreprocessTask task) {
  const int offset = static_cast<int>(blockIdx.z);
  const int frame = firstFrame(task) + offset;
  if (hasPackedRows(task)) resampleRowsOf(task, packedReader(task, frame), offset);
  else if (task.format == PixelFormat::nv12) resampleRowsOf(task, nv12Reader(task, frame), offset);
  else resampleRowsOf(task, FrameReader{task, frame}, offset);
}

unsigned blocks(int length, int each) { return static_cast<unsigned>((length + each - 1) / each); }

template <typename From>
cudaError_t launchWrite(const PreprocessTask& task, cudaStream_t stream) {
  const dim3 grid(blocks(task.inputWidth, kLANES * kGROUP), blocks(task.inputHeight, kROWS * kPASSES),
                  static_cast<unsigned>(task.items));
  const dim3 block(kLANES, kROWS);
  if (task.elementBytes == 4) writeInput<std::uint32_t, From><<<grid, block, 0, stream>>>(task);
  else if (task.elementBytes == 2) writeInput<std::uint16_t, From><<<grid, block, 0, stream>>>(task);
  else writeInput<std::uint8_t, From><<<grid, block, 0, stream>>>(task);
  return cudaGetLastError();
}

cudaError_t launchDirect(const PreprocessTask& task, cudaStream_t stream) {
  if (hasPackedRows(task)) return launchWrite<FromPacked>(task, stream);
  if (task.format == PixelFormat::rgb8) return launchWrite<FromRgb8>(task, stream);
  if (task.format == PixelFormat::nv12) return launchWrite<FromNv12>(task, stream);
  return launchWrite<FromAnyFormat>(task, stream);
}

}  // namespace

cudaError_t launch(const PreprocessTask& task, cudaStream_t stream) {
  if (task.resizing == Resizing::none) return launchDirect(task, stream);
  if (task.resizing == Resizing::nearest) return launchWrite<FromNearest>(task, stream);
  if (task.acrossFirst == nullptr) return launchWrite<FromColumns<false>>(task, stream);
  const dim3 grid(blocks(task.resizedWidth, 128), blocks(task.height, kACROSS_ROWS),
                  static_cast<unsigned>(frameCount(task)));
  resampleRows<<<grid, 128, 0, stream>>>(task);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  if (task.downFirst == nullptr) return launchWrite<FromMiddle>(task, stream);
  return launchWrite<FromColumns<true>>(task, stream);
}

}  // namespace maskforge
