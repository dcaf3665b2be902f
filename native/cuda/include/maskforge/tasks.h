// What one launch of a kernel is told: plain values and addresses, in device memory for the kernels, in host memory for
// the host reference. Plans build the tables and fill the tasks in; neither needs CUDA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "maskforge/plan.h"
#include "maskforge/session.h"

namespace maskforge {

/// Y'CbCr to R'G'B', 16-bit fixed point: rgb = ((y - lumaOffset) * luma + (chroma - 128) * ... + 32768) >> 16.
struct YuvCoefficients {
  std::int32_t lumaOffset, luma, redFromV, greenFromU, greenFromV, blueFromU;
};

/// From Kr and Kb of the matrix (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722), Kg = 1 - Kr - Kb, each number times
/// 2^16 and rounded: luma l, redFromV 2 (1 - Kr) c, greenFromU -2 Kb (1 - Kb) c / Kg, greenFromV -2 Kr (1 - Kr) c / Kg,
/// blueFromU 2 (1 - Kb) c; full range l = c = 1, limited range l = 255 / 219, c = 255 / 224.
YuvCoefficients yuvCoefficients(YuvMatrix matrix, bool fullRange);

enum class Resizing : std::int32_t { none, nearest, weighted };

/// Frames to the network's input. Item i of the call shows tile `i % tileCount` of frame `i / tileCount`.
struct PreprocessTask {
  const std::uint8_t* frames;
  /// Bytes from one frame to the next, and from one row to the next.
  std::size_t frameDistance, stride;
  std::int32_t width, height;
  PixelFormat format;
  YuvCoefficients yuv;

  Resizing resizing;
  std::int32_t resizedWidth, resizedHeight;
  /// Across, where the width changes: first input, number of inputs, weights [tap][position].
  const std::int32_t *acrossFirst, *acrossCount, *acrossWeights;
  /// Down, where the height changes: weights [position][tap].
  const std::int32_t *downFirst, *downCount, *downWeights;
  std::int32_t downTaps;
  /// For `nearest`.
  const std::int32_t *columns, *lines;
  /// Frames resized across, four bytes a pixel, where both directions change or only the width does.
  std::uint8_t* middle;
  std::size_t middleDistance, middleStride;

  void* input;
  std::int32_t inputWidth, inputHeight, channels;
  std::int32_t source[3];
  bool nhwc;
  std::int32_t elementBytes;
  const void* tables;
  std::uint32_t fill[3];

  const Placement::Tile* tiles;
  std::int32_t tileCount;
  /// First item of this launch, and how many; the input's first item is the launch's first.
  std::int32_t firstItem, items;
};

/// Logits to masks by bilinear upsampling and argmax, one mask for each item.
struct UpsampleTask {
  const void* logits;
  DataType type;
  /// Elements from one class, grid position and item to the next.
  std::int64_t classStride, positionStride, itemStride;
  /// 1: a single logit competes with zero.
  std::int32_t channels;
  std::int32_t gridWidth, gridHeight;
  /// The mask's pixels are grid positions.
  bool oneToOne;
  const std::int32_t* columnCells;
  const float *columnWeights, *rowWeights;
  const Strip* strips;
  std::int32_t stripCount;
  std::uint8_t* masks;
  /// Null where no probability is asked for.
  std::uint8_t* probabilities;
  std::int32_t width, height;
  bool wide;
  std::int32_t items;
  /// Becomes 1 where a logit is NaN or positive infinity; null: nobody wants to know. Negative infinity is how networks
  /// rule a class out.
  std::uint8_t* notFinite;
};

/// Adds one tile's logits, times their weights, onto planes of sums [channel][grid row][grid column].
struct AccumulateTask {
  const void* logits;
  DataType type;
  std::int64_t classStride, positionStride;
  std::int32_t channels, tileWidth, tileHeight;
  float* sums;
  std::int32_t gridWidth, gridHeight, originX, originY;
  const float *columnWeights, *rowWeights;
  /// As above.
  std::uint8_t* notFinite;
};

/// Class ids of one item to part of a mask, the nearest position's.
struct PaintIdsTask {
  const void* ids;
  DataType type;
  std::int32_t gridWidth;
  /// Grid position for each pixel of the mask's rows and columns.
  const std::int32_t *columns, *lines;
  std::int32_t left, top, right, bottom;
  std::uint8_t* mask;
  std::int32_t width;
  bool wide;
};

/// Tables laid one behind the other, each at a multiple of 16 bytes, to be copied to the device in one go.
class TableBlob {
 public:
  template <typename T>
  std::size_t add(const std::vector<T>& values) {
    return addBytes(values.data(), values.size() * sizeof(T));
  }
  std::size_t addBytes(const void* data, std::size_t bytes);
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

class PreprocessPlan {
 public:
  /// @param shape a frame; its pixels are not looked at
  /// @throws Error INVALID_ARGUMENT where frame, placement and tables do not belong together
  PreprocessPlan(const Frame& shape, const Placement& placement, const Normalisation& normalisation);

  const std::vector<std::uint8_t>& tables() const { return blob_.bytes(); }
  /// Bytes from one frame to the next in `frames` as this plan expects it: a multiple of 256.
  std::size_t frameDistance() const { return task_.frameDistance; }
  /// Bytes of scratch memory for each frame; 0 where none is needed.
  std::size_t middleDistance() const { return task_.middleDistance; }
  /// Bytes of the network's input for each item.
  std::size_t itemBytes() const;

  /// @param tables where the plan's tables lie now
  PreprocessTask bind(const std::uint8_t* tables, const std::uint8_t* frames, std::uint8_t* middle, void* input,
                      int firstItem, int items) const;

 private:
  void placeWeighted(const Normalisation& normalisation);
  void placeInput(const Placement& placement, const Normalisation& normalisation);

  TableBlob blob_;
  PreprocessTask task_{};
  std::size_t across_[3]{}, down_[3]{}, nearest_[2]{}, values_ = 0, tiles_ = 0;
};

/// What is made of a network's output.
struct OutputLayout {
  DataType type = DataType::float32;
  bool nhwc = false;
  OutputGrid grid;
};

class PostprocessPlan {
 public:
  /// @throws Error INVALID_ARGUMENT, OUTPUT_UNSUPPORTED
  PostprocessPlan(const Placement& placement, const OutputLayout& output, bool wideIds);

  bool isIds() const { return ids_; }
  bool isTiled() const { return tileCount_ > 1; }
  const std::vector<std::uint8_t>& tables() const { return blob_.bytes(); }
  /// Bytes of one mask; probabilities take one byte for each pixel.
  std::size_t maskBytes() const;
  std::size_t pixels() const;
  /// Bytes of the network's output for each item.
  std::size_t itemBytes() const;
  /// Bytes for sums of overlapping logits; 0 for one tile and for ids.
  std::size_t sumBytes() const;

  /// Masks for `items` frames of one tile each. @param logits the first item's
  UpsampleTask bindUpsample(const std::uint8_t* tables, const void* logits, std::uint8_t* masks,
                            std::uint8_t* probabilities, int items) const;
  /// The mask of a tiled frame from the sums of its logits.
  UpsampleTask bindSums(const std::uint8_t* tables, const float* sums, std::uint8_t* mask,
                        std::uint8_t* probability) const;
  AccumulateTask bindAccumulate(const std::uint8_t* tables, const void* tileLogits, int tile, float* sums) const;
  PaintIdsTask bindIds(const std::uint8_t* tables, const void* tileIds, int tile, std::uint8_t* mask) const;

 private:
  void placeLogits(const Placement& placement);
  void placeClassIds(const Placement& placement);

  TableBlob blob_;
  OutputLayout output_;
  bool wide_, ids_;
  int tileCount_, width_, height_;
  TileGrid tiles_;
  AxisIds idsAcross_, idsDown_;
  UpsampleTask upsample_{};
  std::vector<Placement::Tile> tileStarts_;
  std::size_t columnCells_ = 0, columnWeights_ = 0, rowWeights_ = 0, strips_ = 0;
  std::size_t tileColumns_ = 0, tileRows_ = 0, idColumns_ = 0, idLines_ = 0;
};

}  // namespace maskforge
