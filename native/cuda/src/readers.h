// How a pixel of the resized picture is come by: straight from the frame, from its nearest pixel, or as a weighted sum.
#pragma once

#include "arithmetic.h"

namespace maskforge {

MASKFORGE_HD bool hasPackedRows(const PreprocessTask& task) {
  return task.format == PixelFormat::rgba8 && task.stride % 4 == 0;
}

MASKFORGE_HD const std::uint8_t* frameOf(const PreprocessTask& task, int frame) {
  return task.frames + task.frameDistance * frame;
}

MASKFORGE_HD Rgb8Reader rgb8Reader(const PreprocessTask& task, int frame) {
  return {frameOf(task, frame), task.stride};
}
MASKFORGE_HD PackedReader packedReader(const PreprocessTask& task, int frame) {
  return {frameOf(task, frame), task.stride};
}
MASKFORGE_HD Nv12Reader nv12Reader(const PreprocessTask& task, int frame) {
  return {frameOf(task, frame), task.stride, task.height, task.yuv};
}
MASKFORGE_HD PackedReader middleReader(const PreprocessTask& task, int frame) {
  return {task.middle + task.middleDistance * frame, task.middleStride};
}

/// Any format, decided for each pixel.
struct FrameReader {
  const PreprocessTask& task;
  int frame;
  MASKFORGE_HD PackedPixel operator()(int x, int y) const {
    switch (task.format) {
      case PixelFormat::rgb8: return rgb8Reader(task, frame)(x, y);
      case PixelFormat::nv12: return nv12Reader(task, frame)(x, y);
      default: return Rgba8Reader{frameOf(task, frame), task.stride}(x, y);
    }
  }
};

/// The frame of one launch's first item: scratch memory begins there.
MASKFORGE_HD int firstFrame(const PreprocessTask& task) { return task.firstItem / task.tileCount; }
MASKFORGE_HD int frameCount(const PreprocessTask& task) {
  return (task.firstItem + task.items - 1) / task.tileCount - firstFrame(task) + 1;
}

/// One pixel of a row resized across.
template <typename Reader>
MASKFORGE_HD PackedPixel resampleAcross(const PreprocessTask& task, const Reader& reader, int x, int y) {
  const int first = task.acrossFirst[x];
  const int count = task.acrossCount[x];
  WeightedSum sum;
  for (int k = 0; k < count; ++k) sum.add(reader(first + k, y), task.acrossWeights[k * task.resizedWidth + x]);
  return sum.rounded();
}

/// One pixel of a column resized down.
template <typename Reader>
MASKFORGE_HD PackedPixel resampleDown(const PreprocessTask& task, const Reader& reader, int x, int y) {
  const int first = task.downFirst[y];
  const int count = task.downCount[y];
  const std::int32_t* weights = task.downWeights + y * task.downTaps;
  WeightedSum sum;
  for (int k = 0; k < count; ++k) sum.add(reader(x, first + k), weights[k]);
  return sum.rounded();
}

}  // namespace maskforge
