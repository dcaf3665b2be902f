// Logits to class ids. Each thread makes the pixels of one column that lie in one row of cells (four at most): they
// share their corners, so that each class costs four loads, which neighbouring threads share through the cache, and
// some twelve operations for each pixel. Nothing is kept but the best so far: no upsampled logits are ever written.
#include "contest.h"
#include "maskforge/kernels.h"

namespace maskforge {

namespace {

constexpr int kCOLUMNS = 128;

__device__ void storeId(const UpsampleTask& task, std::size_t index, int id) {
  if (task.wide) reinterpret_cast<std::uint16_t*>(task.masks)[index] = static_cast<std::uint16_t>(id);
  else task.masks[index] = static_cast<std::uint8_t>(id);
}

/// Threads that meet one write the same.
__device__ void tell(std::uint8_t* notFinite, bool decided) {
  if (!decided && notFinite != nullptr) *notFinite = 1;
}

template <typename T, int ROWS>
__device__ void paintStrip(const UpsampleTask& task, const Corners<T>& corners, int x, int y, int item) {
  const float tx = task.columnWeights[x];
  float ty[ROWS];
#pragma unroll
  for (int row = 0; row < ROWS; ++row) ty[row] = task.rowWeights[y + row];
  const Winners<ROWS> winners = contest<T, ROWS>(corners, task.channels, tx, ty);
  tell(task.notFinite, winners.decided);
  const std::size_t first = (static_cast<std::size_t>(task.height) * item + y) * task.width + x;
#pragma unroll
  for (int row = 0; row < ROWS; ++row)
    storeId(task, first + static_cast<std::size_t>(row) * task.width, winners.id[row]);
  if (task.probabilities == nullptr) return;
  float sums[ROWS];
  sumExponentials<T, ROWS>(corners, task.channels, tx, ty, winners, sums);
#pragma unroll
  for (int row = 0; row < ROWS; ++row) {
    task.probabilities[first + static_cast<std::size_t>(row) * task.width] = probabilityByte(sums[row]);
  }
}

/// Block (128), grid (width / 128, strips, items).
template <typename T>
__global__ void __launch_bounds__(kCOLUMNS) upsampleArgmax(const __grid_constant__ UpsampleTask task) {
  const int x = static_cast<int>(blockIdx.x * kCOLUMNS + threadIdx.x);
  if (x >= task.width) return;
  const Strip strip = task.strips[blockIdx.y];
  const int item = static_cast<int>(blockIdx.z);
  const Corners<T> corners = cornersOf<T>(task, item, task.columnCells[x], strip.cell);
  switch (strip.rows) {
    case 1: paintStrip<T, 1>(task, corners, x, strip.firstRow, item); break;
    case 2: paintStrip<T, 2>(task, corners, x, strip.firstRow, item); break;
    case 3: paintStrip<T, 3>(task, corners, x, strip.firstRow, item); break;
    default: paintStrip<T, kSTRIP_ROWS>(task, corners, x, strip.firstRow, item); break;
  }
}

/// The mask's pixels are grid positions. Block (128), grid (width / 128, height, items).
template <typename T>
__global__ void __launch_bounds__(kCOLUMNS) argmax(const __grid_constant__ UpsampleTask task) {
  const int x = static_cast<int>(blockIdx.x * kCOLUMNS + threadIdx.x);
  if (x >= task.width) return;
  const std::size_t y = blockIdx.y;
  const T* logits = static_cast<const T*>(task.logits) + task.itemStride * blockIdx.z +
                    (static_cast<std::int64_t>(y) * task.gridWidth + x) * task.positionStride;
  const Winners<1> winners = contestAt(logits, task.classStride, task.channels);
  tell(task.notFinite, winners.decided);
  const std::size_t index = (static_cast<std::size_t>(task.height) * blockIdx.z + y) * task.width + x;
  storeId(task, index, winners.id[0]);
  if (task.probabilities == nullptr) return;
  const float sum = sumExponentialsAt(logits, task.classStride, task.channels, winners.best[0]);
  task.probabilities[index] = probabilityByte(sum);
}

/// Block (128), grid (tileWidth / 128, tileHeight, channels).
template <typename T>
__global__ void __launch_bounds__(kCOLUMNS) accumulate(const __grid_constant__ AccumulateTask task) {
  const int x = static_cast<int>(blockIdx.x * kCOLUMNS + threadIdx.x);
  if (x >= task.tileWidth) return;
  const int y = static_cast<int>(blockIdx.y);
  const std::int64_t channel = blockIdx.z;
  const std::int64_t position = static_cast<std::int64_t>(y) * task.tileWidth + x;
  const int column = task.originX + x;
  const int row = task.originY + y;
  const float logit =
      toFloat(static_cast<const T*>(task.logits)[position * task.positionStride + channel * task.classStride]);
  tell(task.notFinite, decides(logit));
  float* sum = task.sums + (channel * task.gridHeight + row) * task.gridWidth + column;
  *sum = addRounded(*sum, tileShare(logit, task.columnWeights[column], task.rowWeights[row]));
}

/// Block (128), grid (columns / 128, rows).
__global__ void __launch_bounds__(kCOLUMNS) paintIds(const __grid_constant__ PaintIdsTask task) {
  const int x = task.left + static_cast<int>(blockIdx.x * kCOLUMNS + threadIdx.x);
  if (x >= task.right) return;
  const int y = task.top + static_cast<int>(blockIdx.y);
  const std::int64_t from = static_cast<std::int64_t>(task.lines[y]) * task.gridWidth + task.columns[x];
  const std::size_t to = static_cast<std::size_t>(y) * task.width + x;
  const std::uint32_t id = fitId(idAt(task.ids, task.type, from), task.wide ? 65535u : 255u);
  if (task.wide) reinterpret_cast<std::uint16_t*>(task.mask)[to] = static_cast<std::uint16_t>(id);
  else task.mask[to] = static_cast<std::uint8_t>(id);
}

unsigned columnBlocks(int columns) { return static_cast<unsigned>((columns + kCOLUMNS - 1) / kCOLUMNS); }

template <typename T>
cudaError_t launchUpsample(const UpsampleTask& task, cudaStream_t stream) {
  const unsigned rows = static_cast<unsigned>(task.oneToOne ? task.height : task.stripCount);
  const dim3 grid(columnBlocks(task.width), rows, static_cast<unsigned>(task.items));
  if (task.oneToOne) argmax<T><<<grid, kCOLUMNS, 0, stream>>>(task);
  else upsampleArgmax<T><<<grid, kCOLUMNS, 0, stream>>>(task);
  return cudaGetLastError();
}

template <typename T>
cudaError_t launchAccumulate(const AccumulateTask& task, cudaStream_t stream) {
  const dim3 grid(columnBlocks(task.tileWidth), static_cast<unsigned>(task.tileHeight),
                  static_cast<unsigned>(task.channels));
  accumulate<T><<<grid, kCOLUMNS, 0, stream>>>(task);
  return cudaGetLastError();
}

}  // namespace

cudaError_t launch(const UpsampleTask& task, cudaStream_t stream) {
  if (task.type == DataType::float16) return launchUpsample<Half>(task, stream);
  if (task.type == DataType::bfloat16) return launchUpsample<BFloat16>(task, stream);
  return launchUpsample<float>(task, stream);
}

cudaError_t launch(const AccumulateTask& task, cudaStream_t stream) {
  if (task.type == DataType::float16) return launchAccumulate<Half>(task, stream);
  if (task.type == DataType::bfloat16) return launchAccumulate<BFloat16>(task, stream);
  return launchAccumulate<float>(task, stream);
}

cudaError_t launch(const PaintIdsTask& task, cudaStream_t stream) {
  if (task.right <= task.left || task.bottom <= task.top) return cudaSuccess;
  const dim3 grid(columnBlocks(task.right - task.left), static_cast<unsigned>(task.bottom - task.top));
  paintIds<<<grid, kCOLUMNS, 0, stream>>>(task);
  return cudaGetLastError();
}

}  // namespace maskforge
