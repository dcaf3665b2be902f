#include "maskforge/tasks.h"

#include <cstring>
#include <string>

#include "maskforge/error.h"
#include "maskforge/host_reference.h"

namespace maskforge {

namespace {

constexpr std::size_t roundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

[[noreturn]] void refuse(const std::string& what) { throw Error("INVALID_ARGUMENT", what); }

template <typename T>
const T* at(const std::uint8_t* tables, std::size_t offset) {
  return reinterpret_cast<const T*>(tables + offset);
}

/// [position][tap] to [tap][position]: neighbouring threads then read neighbouring weights.
std::vector<std::int32_t> tapsFirst(const AxisWeights& axis) {
  const std::size_t positions = axis.first.size();
  const auto taps = static_cast<std::size_t>(axis.taps);
  std::vector<std::int32_t> turned(axis.weights.size());
  for (std::size_t position = 0; position < positions; ++position) {
    for (std::size_t tap = 0; tap < taps; ++tap)
      turned[tap * positions + position] = axis.weights[position * taps + tap];
  }
  return turned;
}

bool isLogitType(DataType type) {
  return type == DataType::float32 || type == DataType::float16 || type == DataType::bfloat16;
}

bool isIdType(DataType type) {
  return type == DataType::uint8 || type == DataType::int8 || type == DataType::int32 || type == DataType::int64;
}

}  // namespace

YuvCoefficients yuvCoefficients(YuvMatrix matrix, bool fullRange) {
  if (matrix == YuvMatrix::bt601) {
    if (fullRange) return {0, 65536, 91881, -22553, -46802, 116130};
    return {16, 76309, 104597, -25675, -53279, 132201};
  }
  if (fullRange) return {0, 65536, 103206, -12276, -30679, 121609};
  return {16, 76309, 117489, -13975, -34925, 138438};
}

std::size_t smallestStride(PixelFormat format, int width) {
  const auto pixels = static_cast<std::size_t>(width);
  switch (format) {
    case PixelFormat::rgb8: return pixels * 3;
    case PixelFormat::rgba8: return pixels * 4;
    case PixelFormat::nv12: return (pixels + 1) / 2 * 2;
  }
  return 0;
}

std::size_t frameBytes(const Frame& frame) {
  const auto height = static_cast<std::size_t>(frame.height);
  const std::size_t rows = frame.format == PixelFormat::nv12 ? height + (height + 1) / 2 : height;
  return (rows - 1) * frame.stride + smallestStride(frame.format, frame.width);
}

std::size_t TableBlob::addBytes(const void* data, std::size_t bytes) {
  const std::size_t offset = roundUp(bytes_.size(), 16);
  bytes_.resize(offset + bytes);
  if (bytes != 0) std::memcpy(bytes_.data() + offset, data, bytes);
  return offset;
}

PreprocessPlan::PreprocessPlan(const Frame& shape, const Placement& placement, const Normalisation& normalisation) {
  if (shape.width < 1 || shape.height < 1) refuse("A frame needs at least one pixel.");
  if (shape.stride < smallestStride(shape.format, shape.width)) refuse("A frame's stride is smaller than its rows.");
  if (placement.resizedWidth < 1 || placement.resizedHeight < 1) refuse("A placement needs a size.");
  task_.width = shape.width;
  task_.height = shape.height;
  task_.stride = shape.stride;
  task_.format = shape.format;
  task_.yuv = yuvCoefficients(shape.matrix, shape.fullRange);
  task_.frameDistance = roundUp(frameBytes(shape), 256);
  task_.resizedWidth = placement.resizedWidth;
  task_.resizedHeight = placement.resizedHeight;
  const bool same = shape.width == placement.resizedWidth && shape.height == placement.resizedHeight;
  const bool nearest = normalisation.resample == Resample::nearest;
  task_.resizing = same ? Resizing::none : nearest ? Resizing::nearest : Resizing::weighted;
  if (task_.resizing == Resizing::nearest) {
    nearest_[0] = blob_.add(nearestPositions(shape.width, placement.resizedWidth));
    nearest_[1] = blob_.add(nearestPositions(shape.height, placement.resizedHeight));
  }
  if (task_.resizing == Resizing::weighted) placeWeighted(normalisation);
  placeInput(placement, normalisation);
}

void PreprocessPlan::placeWeighted(const Normalisation& normalisation) {
  if (task_.width != task_.resizedWidth) {
    const AxisWeights across = axisWeights(task_.width, task_.resizedWidth, normalisation.resample);
    across_[0] = blob_.add(across.first);
    across_[1] = blob_.add(across.count);
    across_[2] = blob_.add(tapsFirst(across));
    task_.middleStride = roundUp(static_cast<std::size_t>(task_.resizedWidth) * 4, 16);
    task_.middleDistance = roundUp(task_.middleStride * static_cast<std::size_t>(task_.height), 256);
  }
  if (task_.height != task_.resizedHeight) {
    const AxisWeights down = axisWeights(task_.height, task_.resizedHeight, normalisation.resample);
    down_[0] = blob_.add(down.first);
    down_[1] = blob_.add(down.count);
    down_[2] = blob_.add(down.weights);
    task_.downTaps = down.taps;
  }
}

void PreprocessPlan::placeInput(const Placement& placement, const Normalisation& normalisation) {
  const int channels = normalisation.channels;
  if (channels != 1 && channels != 3) refuse("A network's input has one channel or three.");
  const std::size_t entries = static_cast<std::size_t>(channels) * 256;
  const std::size_t element = normalisation.tables.size() / entries;
  const bool known = element == 1 || element == 2 || element == 4;
  if (!known || normalisation.tables.size() != entries * element) refuse("Tables hold 256 elements for each channel.");
  if (placement.fill.size() != static_cast<std::size_t>(channels) * element)
    refuse("The fill is one element a channel.");
  if (placement.inputWidth < 1 || placement.inputHeight < 1) refuse("A network's input needs a size.");
  if (placement.tiles.empty()) refuse("A placement has at least one tile.");
  for (const Placement::Tile& tile : placement.tiles) {
    if (tile.x < 0 || tile.y < 0) refuse("Tiles begin inside the picture.");
  }
  for (int channel = 0; channel < channels; ++channel) {
    const int source = normalisation.source[static_cast<std::size_t>(channel)];
    if (source < 0 || source > 2) refuse("Channels come from red, green or blue.");
    task_.source[channel] = source;
    std::memcpy(&task_.fill[channel], placement.fill.data() + channel * element, element);
  }
  task_.inputWidth = placement.inputWidth;
  task_.inputHeight = placement.inputHeight;
  task_.channels = channels;
  task_.nhwc = normalisation.nhwc;
  task_.elementBytes = static_cast<std::int32_t>(element);
  task_.tileCount = static_cast<std::int32_t>(placement.tiles.size());
  values_ = blob_.add(normalisation.tables);
  tiles_ = blob_.add(placement.tiles);
}

std::size_t PreprocessPlan::itemBytes() const {
  return static_cast<std::size_t>(task_.inputWidth) * task_.inputHeight * task_.channels * task_.elementBytes;
}

PreprocessTask PreprocessPlan::bind(const std::uint8_t* tables, const std::uint8_t* frames, std::uint8_t* middle,
                                    void* input, int firstItem, int items) const {
  PreprocessTask task = task_;
  task.frames = frames;
  task.middle = middle;
  task.input = input;
  task.firstItem = firstItem;
  task.items = items;
  const bool weighted = task.resizing == Resizing::weighted;
  if (weighted && task.width != task.resizedWidth) {
    task.acrossFirst = at<std::int32_t>(tables, across_[0]);
    task.acrossCount = at<std::int32_t>(tables, across_[1]);
    task.acrossWeights = at<std::int32_t>(tables, across_[2]);
  }
  if (weighted && task.height != task.resizedHeight) {
    task.downFirst = at<std::int32_t>(tables, down_[0]);
    task.downCount = at<std::int32_t>(tables, down_[1]);
    task.downWeights = at<std::int32_t>(tables, down_[2]);
  }
  if (task.resizing == Resizing::nearest) {
    task.columns = at<std::int32_t>(tables, nearest_[0]);
    task.lines = at<std::int32_t>(tables, nearest_[1]);
  }
  task.tables = tables + values_;
  task.tiles = at<Placement::Tile>(tables, tiles_);
  return task;
}

PostprocessPlan::PostprocessPlan(const Placement& placement, const OutputLayout& output, bool wideIds)
    : output_(output),
      wide_(wideIds),
      ids_(isIdType(output.type)),
      tileCount_(static_cast<int>(placement.tiles.size())),
      width_(placement.maskWidth),
      height_(placement.maskHeight) {
  if (!ids_ && !isLogitType(output.type)) throw Error("OUTPUT_UNSUPPORTED", "Outputs of this type are not read.");
  if (width_ < 1 || height_ < 1 || tileCount_ < 1) refuse("A mask needs at least one pixel and one tile.");
  const OutputGrid& grid = output.grid;
  if (grid.width < 1 || grid.height < 1 || grid.channels < 1) refuse("The network's output is empty.");
  const bool scaled = placement.scaleX > 0 && placement.scaleY > 0;
  if (!scaled) refuse("Scales of a mask are above zero.");
  if (ids_) placeClassIds(placement);
  else placeLogits(placement);
}

void PostprocessPlan::placeLogits(const Placement& placement) {
  OutputGrid grid = output_.grid;
  if (isTiled()) {
    tiles_ = tileGrid(placement, grid);
    tileColumns_ = blob_.add(tiles_.columnWeights);
    tileRows_ = blob_.add(tiles_.rowWeights);
    grid.width = tiles_.width;
    grid.height = tiles_.height;
  }
  const AxisCells across = placeAxis(width_, grid.width, placement.scaleX);
  const AxisCells down = placeAxis(height_, grid.height, placement.scaleY);
  const std::vector<Strip> rows = strips(down.cells);
  columnCells_ = blob_.add(across.cells);
  columnWeights_ = blob_.add(across.weights);
  rowWeights_ = blob_.add(down.weights);
  strips_ = blob_.add(rows);
  const bool unscaled = placement.scaleX == 1 && placement.scaleY == 1;
  upsample_.oneToOne = unscaled && width_ <= grid.width && height_ <= grid.height;
  upsample_.type = output_.type;
  upsample_.channels = grid.channels;
  upsample_.gridWidth = grid.width;
  upsample_.gridHeight = grid.height;
  const std::int64_t positions = static_cast<std::int64_t>(grid.width) * grid.height;
  upsample_.classStride = output_.nhwc ? 1 : positions;
  upsample_.positionStride = output_.nhwc ? grid.channels : 1;
  upsample_.itemStride = positions * grid.channels;
  upsample_.stripCount = static_cast<std::int32_t>(rows.size());
  upsample_.width = width_;
  upsample_.height = height_;
  upsample_.wide = wide_;
}

void PostprocessPlan::placeClassIds(const Placement& placement) {
  const OutputGrid& grid = output_.grid;
  std::vector<int> startsX, startsY;
  for (const Placement::Tile& tile : placement.tiles) {
    startsX.push_back(tile.x);
    startsY.push_back(tile.y);
  }
  const double scaleX = isTiled() ? static_cast<double>(grid.width) / placement.inputWidth : placement.scaleX;
  const double scaleY = isTiled() ? static_cast<double>(grid.height) / placement.inputHeight : placement.scaleY;
  idsAcross_ = placeIds(startsX, placement.inputWidth, width_, grid.width, scaleX);
  idsDown_ = placeIds(startsY, placement.inputHeight, height_, grid.height, scaleY);
  idColumns_ = blob_.add(idsAcross_.positions);
  idLines_ = blob_.add(idsDown_.positions);
}

std::size_t PostprocessPlan::pixels() const { return static_cast<std::size_t>(width_) * height_; }

std::size_t PostprocessPlan::maskBytes() const { return pixels() * (wide_ ? 2 : 1); }

std::size_t PostprocessPlan::itemBytes() const {
  const OutputGrid& grid = output_.grid;
  return static_cast<std::size_t>(grid.width) * grid.height * grid.channels * elementBytes(output_.type);
}

std::size_t PostprocessPlan::sumBytes() const {
  if (ids_ || !isTiled()) return 0;
  return static_cast<std::size_t>(tiles_.width) * tiles_.height * output_.grid.channels * sizeof(float);
}

UpsampleTask PostprocessPlan::bindUpsample(const std::uint8_t* tables, const void* logits, std::uint8_t* masks,
                                           std::uint8_t* probabilities, int items) const {
  UpsampleTask task = upsample_;
  task.logits = logits;
  task.columnCells = at<std::int32_t>(tables, columnCells_);
  task.columnWeights = at<float>(tables, columnWeights_);
  task.rowWeights = at<float>(tables, rowWeights_);
  task.strips = at<Strip>(tables, strips_);
  task.masks = masks;
  task.probabilities = probabilities;
  task.items = items;
  return task;
}

UpsampleTask PostprocessPlan::bindSums(const std::uint8_t* tables, const float* sums, std::uint8_t* mask,
                                       std::uint8_t* probability) const {
  UpsampleTask task = bindUpsample(tables, sums, mask, probability, 1);
  task.type = DataType::float32;
  task.classStride = static_cast<std::int64_t>(tiles_.width) * tiles_.height;
  task.positionStride = 1;
  return task;
}

AccumulateTask PostprocessPlan::bindAccumulate(const std::uint8_t* tables, const void* tileLogits, int tile,
                                               float* sums) const {
  const OutputGrid& grid = output_.grid;
  AccumulateTask task{};
  task.logits = tileLogits;
  task.type = output_.type;
  task.classStride = output_.nhwc ? 1 : static_cast<std::int64_t>(grid.width) * grid.height;
  task.positionStride = output_.nhwc ? grid.channels : 1;
  task.channels = grid.channels;
  task.tileWidth = grid.width;
  task.tileHeight = grid.height;
  task.sums = sums;
  task.gridWidth = tiles_.width;
  task.gridHeight = tiles_.height;
  task.originX = tiles_.origins[static_cast<std::size_t>(tile)].x;
  task.originY = tiles_.origins[static_cast<std::size_t>(tile)].y;
  task.columnWeights = at<float>(tables, tileColumns_);
  task.rowWeights = at<float>(tables, tileRows_);
  return task;
}

PaintIdsTask PostprocessPlan::bindIds(const std::uint8_t* tables, const void* tileIds, int tile,
                                      std::uint8_t* mask) const {
  const auto index = static_cast<std::size_t>(tile);
  PaintIdsTask task{};
  task.ids = tileIds;
  task.type = output_.type;
  task.gridWidth = output_.grid.width;
  task.columns = at<std::int32_t>(tables, idColumns_);
  task.lines = at<std::int32_t>(tables, idLines_);
  task.left = idsAcross_.from[index];
  task.right = idsAcross_.to[index];
  task.top = idsDown_.from[index];
  task.bottom = idsDown_.to[index];
  task.mask = mask;
  task.width = width_;
  task.wide = wide_;
  return task;
}

}  // namespace maskforge
