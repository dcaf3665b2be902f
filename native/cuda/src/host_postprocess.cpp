#include <cstring>
#include <string>

#include "contest.h"
#include "host_tasks.h"
#include "maskforge/error.h"
#include "maskforge/host_reference.h"

namespace maskforge {

namespace {

void storeId(std::uint8_t* mask, std::size_t index, bool wide, int id) {
  if (wide) {
    mask[index * 2] = static_cast<std::uint8_t>(id & 255);
    mask[index * 2 + 1] = static_cast<std::uint8_t>(id >> 8);
  } else {
    mask[index] = static_cast<std::uint8_t>(id);
  }
}

template <typename T>
void upsampleStrip(const UpsampleTask& task, int item, const Strip& strip) {
  const std::size_t pixels = static_cast<std::size_t>(task.width) * task.height;
  for (int y = strip.firstRow; y < strip.firstRow + strip.rows; ++y) {
    for (int x = 0; x < task.width; ++x) {
      const int column = task.oneToOne ? x : task.columnCells[x];
      const Corners<T> corners = cornersOf<T>(task, item, column, task.oneToOne ? y : strip.cell);
      const float tx = task.columnWeights[x];
      const float* ty = task.rowWeights + y;
      const Winners<1> winners = task.oneToOne ? contestAt(corners.topLeft, task.classStride, task.channels)
                                               : contest<T, 1>(corners, task.channels, tx, ty);
      if (task.notFinite != nullptr && !winners.decided) *task.notFinite = 1;
      const std::size_t index = pixels * item + static_cast<std::size_t>(y) * task.width + x;
      storeId(task.masks, index, task.wide, winners.id[0]);
      if (task.probabilities == nullptr) continue;
      float sum = 0;
      if (task.oneToOne) sum = sumExponentialsAt(corners.topLeft, task.classStride, task.channels, winners.best[0]);
      else sumExponentials<T, 1>(corners, task.channels, tx, ty, winners, &sum);
      task.probabilities[index] = probabilityByte(sum);
    }
  }
}

template <typename T>
void upsample(const UpsampleTask& task) {
  for (int item = 0; item < task.items; ++item) {
    for (int strip = 0; strip < task.stripCount; ++strip) upsampleStrip<T>(task, item, task.strips[strip]);
  }
}

template <typename T>
void accumulate(const AccumulateTask& task) {
  const auto* logits = static_cast<const T*>(task.logits);
  for (int channel = 0; channel < task.channels; ++channel) {
    for (int y = 0; y < task.tileHeight; ++y) {
      for (int x = 0; x < task.tileWidth; ++x) {
        const int column = task.originX + x;
        const int row = task.originY + y;
        const std::int64_t position = static_cast<std::int64_t>(y) * task.tileWidth + x;
        const float logit = toFloat(logits[position * task.positionStride + channel * task.classStride]);
        if (task.notFinite != nullptr && !decides(logit)) *task.notFinite = 1;
        float& sum = task.sums[(static_cast<std::size_t>(channel) * task.gridHeight + row) * task.gridWidth + column];
        sum = addRounded(sum, tileShare(logit, task.columnWeights[column], task.rowWeights[row]));
      }
    }
  }
}

OutputLayout layoutOf(const OutputView& output, std::size_t tiles) {
  const Dims& dims = output.dims;
  for (const std::int64_t dim : dims) {
    if (dim < 1 || dim > (1 << 24)) throw Error("INVALID_ARGUMENT", "A dimension is out of reach.");
  }
  OutputLayout layout;
  layout.type = output.type;
  layout.nhwc = output.nhwc;
  const bool isLogits = dims.size() == 4 && elementBytes(output.type) != 0;
  const bool squeezed = dims.size() == 3;
  if (!isLogits && !squeezed) throw Error("INVALID_ARGUMENT", "An output has four dimensions, or three for ids.");
  const auto dim = [&](std::size_t index) { return static_cast<int>(dims[index]); };
  if (squeezed) layout.grid = {1, dim(2), dim(1)};
  else if (output.nhwc) layout.grid = {dim(3), dim(2), dim(1)};
  else layout.grid = {dim(1), dim(3), dim(2)};
  if (static_cast<std::size_t>(dims[0]) != tiles)
    throw Error("INVALID_ARGUMENT", "One output is needed for each tile.");
  return layout;
}

}  // namespace

void hostRun(const UpsampleTask& task) {
  if (task.type == DataType::float16) upsample<Half>(task);
  else if (task.type == DataType::bfloat16) upsample<BFloat16>(task);
  else upsample<float>(task);
}

void hostRun(const AccumulateTask& task) {
  if (task.type == DataType::float16) accumulate<Half>(task);
  else if (task.type == DataType::bfloat16) accumulate<BFloat16>(task);
  else accumulate<float>(task);
}

void hostRun(const PaintIdsTask& task) {
  const std::uint32_t largest = task.wide ? 65535 : 255;
  for (int y = task.top; y < task.bottom; ++y) {
    for (int x = task.left; x < task.right; ++x) {
      const std::int64_t index = static_cast<std::int64_t>(task.lines[y]) * task.gridWidth + task.columns[x];
      const std::uint32_t id = fitId(idAt(task.ids, task.type, index), largest);
      storeId(task.mask, static_cast<std::size_t>(y) * task.width + x, task.wide, static_cast<int>(id));
    }
  }
}

HostMask hostPostprocess(const OutputView& output, const Placement& placement, bool wideIds) {
  const OutputLayout layout = layoutOf(output, placement.tiles.size());
  const PostprocessPlan plan(placement, layout, wideIds);
  const std::size_t tiles = placement.tiles.size();
  if (output.bytes != plan.itemBytes() * tiles) throw Error("INVALID_ARGUMENT", "An output's bytes and shape differ.");
  const std::uint8_t* tables = plan.tables().data();
  const auto* data = static_cast<const std::uint8_t*>(output.data);
  HostMask result;
  result.mask.resize(plan.maskBytes());
  if (plan.isIds()) {
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const void* ids = data + plan.itemBytes() * tile;
      hostRun(plan.bindIds(tables, ids, static_cast<int>(tile), result.mask.data()));
    }
    return result;
  }
  result.probability.resize(plan.pixels());
  if (!plan.isTiled()) {
    UpsampleTask task = plan.bindUpsample(tables, data, result.mask.data(), result.probability.data(), 1);
    task.notFinite = &result.notFinite;
    hostRun(task);
    return result;
  }
  std::vector<float> sums(plan.sumBytes() / sizeof(float));
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const void* logits = data + plan.itemBytes() * tile;
    AccumulateTask task = plan.bindAccumulate(tables, logits, static_cast<int>(tile), sums.data());
    task.notFinite = &result.notFinite;
    hostRun(task);
  }
  hostRun(plan.bindSums(tables, sums.data(), result.mask.data(), result.probability.data()));
  return result;
}

}  // namespace maskforge
