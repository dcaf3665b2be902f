#include "cases.h"
#include "device_memory.h"
#include "host_tasks.h"
#include "maskforge/kernels.h"

namespace maskforge {
namespace {

using cases::Random;
using testing::check;
using testing::DeviceMemory;
using testing::expectSame;

/// All items of all frames in one launch; then the same in launches of two items, as batches are.
void compare(const cases::PreprocessCase& test, int itemsPerLaunch) {
  Random random(static_cast<std::uint32_t>(test.width * 31 + test.height));
  const Frame shape = cases::frameOf(test, nullptr);
  const Placement placement = cases::placementOf(test, random);
  const PreprocessPlan plan(shape, placement, cases::normalisationOf(test, random));
  const auto frames = random.bytes(plan.frameDistance() * test.frames);
  const int items = test.frames * static_cast<int>(placement.tiles.size());

  std::vector<std::uint8_t> expected(plan.itemBytes() * items);
  std::vector<std::uint8_t> middle(plan.middleDistance() * test.frames);
  hostRun(plan.bind(plan.tables().data(), frames.data(), middle.data(), expected.data(), 0, items));

  const DeviceMemory tables(plan.tables()), deviceFrames(frames), deviceMiddle(middle.size()), input(expected.size());
  for (int first = 0; first < items; first += itemsPerLaunch) {
    const int count = std::min(itemsPerLaunch, items - first);
    std::uint8_t* target = input.get() + plan.itemBytes() * first;
    check(launch(plan.bind(tables.get(), deviceFrames.get(), deviceMiddle.get(), target, first, count), nullptr),
          "launch");
  }
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  deviceMiddle.read();
  expectSame(input.read(), expected, "case " + test.name);
}

TEST(PreprocessKernels, EqualTheHostReference) {
  for (const auto& test : cases::preprocessCases()) compare(test, 1 << 20);
}

TEST(PreprocessKernels, EqualTheHostReferenceInBatches) {
  for (const auto& test : cases::preprocessCases()) {
    if (test.frames > 1 || test.tiles.size() > 1) compare(test, 2);
  }
}

TEST(PreprocessKernels, KeepEveryFormatEqualAtFullSize) {
  cases::PreprocessCase test;
  test.width = 1280;
  test.height = 720;
  test.resizedWidth = test.inputWidth = test.inputHeight = 1024;
  test.resizedHeight = 576;
  for (const PixelFormat format : {PixelFormat::rgb8, PixelFormat::rgba8, PixelFormat::nv12}) {
    for (const int element : {4, 2}) {
      test.format = format;
      test.elementBytes = element;
      test.name = "full size " + std::to_string(static_cast<int>(format)) + " x " + std::to_string(element);
      compare(test, 1);
    }
  }
}

}  // namespace
}  // namespace maskforge
