#include <cstring>

#include "host_tasks.h"
#include "maskforge/host_reference.h"
#include "readers.h"

namespace maskforge {

namespace {

void storeElement(const PreprocessTask& task, int item, int x, int y, int channel, const void* element) {
  const auto plane = static_cast<std::size_t>(task.inputWidth) * task.inputHeight;
  const std::size_t position = static_cast<std::size_t>(y) * task.inputWidth + x;
  const std::size_t inItem = task.nhwc ? position * task.channels + channel : plane * channel + position;
  const std::size_t index = plane * task.channels * item + inItem;
  std::memcpy(static_cast<std::uint8_t*>(task.input) + index * task.elementBytes, element, task.elementBytes);
}

PackedPixel resizedPixel(const PreprocessTask& task, int frame, int x, int y) {
  const FrameReader reader{task, frame};
  if (task.resizing == Resizing::none) return reader(x, y);
  if (task.resizing == Resizing::nearest) return reader(task.columns[x], task.lines[y]);
  if (task.acrossFirst == nullptr) return resampleDown(task, reader, x, y);
  const PackedReader middle = middleReader(task, frame - firstFrame(task));
  return task.downFirst == nullptr ? middle(x, y) : resampleDown(task, middle, x, y);
}

void resampleRows(const PreprocessTask& task) {
  for (int frame = 0; frame < frameCount(task); ++frame) {
    const FrameReader reader{task, firstFrame(task) + frame};
    for (int y = 0; y < task.height; ++y) {
      auto* row = reinterpret_cast<std::uint32_t*>(task.middle + task.middleDistance * frame + task.middleStride * y);
      for (int x = 0; x < task.resizedWidth; ++x) row[x] = resampleAcross(task, reader, x, y);
    }
  }
}

}  // namespace

void hostRun(const PreprocessTask& task) {
  if (task.acrossFirst != nullptr) resampleRows(task);
  const auto* values = static_cast<const std::uint8_t*>(task.tables);
  for (int item = 0; item < task.items; ++item) {
    const Placement::Tile tile = task.tiles[(task.firstItem + item) % task.tileCount];
    const int frame = (task.firstItem + item) / task.tileCount;
    for (int y = 0; y < task.inputHeight; ++y) {
      for (int x = 0; x < task.inputWidth; ++x) {
        const bool inside = x + tile.x < task.resizedWidth && y + tile.y < task.resizedHeight;
        const PackedPixel pixel = inside ? resizedPixel(task, frame, x + tile.x, y + tile.y) : 0;
        for (int channel = 0; channel < task.channels; ++channel) {
          const int level = task.channels == 1 ? luma(pixel) : channelOf(pixel, task.source[channel]);
          const void* value = values + static_cast<std::size_t>(channel * 256 + level) * task.elementBytes;
          storeElement(task, item, x, y, channel, inside ? value : &task.fill[channel]);
        }
      }
    }
  }
}

std::vector<std::vector<std::uint8_t>> hostPreprocess(const Frame& frame, const Placement& placement,
                                                      const Normalisation& normalisation) {
  const PreprocessPlan plan(frame, placement, normalisation);
  std::vector<std::uint8_t> middle(plan.middleDistance());
  std::vector<std::vector<std::uint8_t>> tiles;
  for (std::size_t tile = 0; tile < placement.tiles.size(); ++tile) {
    tiles.emplace_back(plan.itemBytes());
    const int item = static_cast<int>(tile);
    hostRun(plan.bind(plan.tables().data(), frame.pixels, middle.data(), tiles.back().data(), item, 1));
  }
  return tiles;
}

}  // namespace maskforge
