#include <limits>
#include <utility>

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

OutputLayout layoutOf(const cases::PostprocessCase& test, DataType type, bool nhwc) {
  return {type, nhwc, {test.classes, test.gridWidth, test.gridHeight}};
}

void compare(const cases::PostprocessCase& test, const std::vector<std::uint8_t>& item, DataType type, bool nhwc,
             bool probability) {
  constexpr int kITEMS = 2;
  const PostprocessPlan plan(cases::placementOf(test), layoutOf(test, type, nhwc), test.wide);
  ASSERT_EQ(item.size(), plan.itemBytes());
  std::vector<std::uint8_t> logits = item;
  logits.insert(logits.end(), item.rbegin(), item.rend());
  std::copy(item.begin(), item.end(), logits.begin() + static_cast<std::ptrdiff_t>(item.size()));

  std::vector<std::uint8_t> masks(plan.maskBytes() * kITEMS), probabilities(plan.pixels() * kITEMS);
  std::uint8_t* wanted = probability ? probabilities.data() : nullptr;
  std::vector<std::uint8_t> notFinite(1);
  UpsampleTask reference = plan.bindUpsample(plan.tables().data(), logits.data(), masks.data(), wanted, kITEMS);
  reference.notFinite = notFinite.data();
  hostRun(reference);

  const DeviceMemory tables(plan.tables()), input(logits), output(masks.size()), certainty(probabilities.size());
  const DeviceMemory told(std::vector<std::uint8_t>{0});
  std::uint8_t* target = probability ? certainty.get() : nullptr;
  UpsampleTask task = plan.bindUpsample(tables.get(), input.get(), output.get(), target, kITEMS);
  task.notFinite = told.get();
  check(launch(task, nullptr), "launch");
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  const std::string name = test.name + (nhwc ? " NHWC " : " NCHW ") + std::to_string(static_cast<int>(type));
  expectSame(output.read(), masks, name);
  expectSame(told.read(), notFinite, name + " not finite");
  if (probability) expectSame(certainty.read(), probabilities, name + " probability");
}

TEST(UpsampleKernel, EqualsTheHostReference) {
  for (const auto& test : cases::postprocessCases()) {
    const std::size_t count = static_cast<std::size_t>(test.classes) * test.gridWidth * test.gridHeight;
    for (const DataType type : {DataType::float32, DataType::float16, DataType::bfloat16}) {
      for (const bool nhwc : {false, true}) {
        const auto item = cases::logits(count, type, static_cast<std::uint32_t>(count) + 5u);
        compare(test, item, type, nhwc, false);
        compare(test, item, type, nhwc, true);
      }
    }
  }
}

TEST(UpsampleKernel, EqualsTheHostReferenceAtFullSize) {
  const cases::PostprocessCase test{"full size", 19, 256, 256, 1024, 1024};
  for (const DataType type : {DataType::float32, DataType::float16}) {
    compare(test, cases::logits(19 * 65536, type, 77), type, false, true);
  }
}

TEST(UpsampleKernel, SurvivesWhatIsNoNumber) {
  const cases::PostprocessCase test{"no numbers", 5, 8, 8, 33, 31};
  auto item = cases::logits(5 * 64, DataType::float32, 12);
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity()};
  for (int i = 0; i < 60; ++i) std::memcpy(&item[(i * 37 % 320) * 4], &odd[i % 3], 4);
  compare(test, item, DataType::float32, false, false);
}

TEST(UpsampleKernel, TellsOfOneLogitThatIsNoNumber) {
  for (const auto& size : {std::pair{8, 8}, std::pair{33, 31}, std::pair{64, 64}}) {
    const cases::PostprocessCase test{"one odd", 5, 8, 8, size.first, size.second};
    for (const int at : {0, 7, 63, 64, 250, 319}) {
      for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()}) {
        auto item = cases::logits(5 * 64, DataType::float32, 12);
        std::memcpy(&item[at * 4], &odd, 4);
        compare(test, item, DataType::float32, false, false);
      }
    }
  }
}

TEST(AccumulateKernel, EqualsTheHostReference) {
  Placement placement;
  placement.inputWidth = placement.inputHeight = 64;
  placement.tiles = {{0, 0}, {44, 0}, {88, 0}, {0, 28}, {44, 28}, {88, 28}};
  placement.maskWidth = 150;
  placement.maskHeight = 90;
  placement.scaleX = placement.scaleY = 0.25;
  for (const DataType type : {DataType::float32, DataType::float16, DataType::bfloat16}) {
    for (const bool nhwc : {false, true}) {
      const PostprocessPlan plan(placement, {type, nhwc, {5, 16, 16}}, false);
      const auto logits = cases::logits(6 * 5 * 256, type, 41);
      std::vector<std::uint8_t> sums(plan.sumBytes()), mask(plan.maskBytes());
      const DeviceMemory tables(plan.tables()), input(logits), deviceSums(sums), output(mask.size());
      for (int tile = 0; tile < 6; ++tile) {
        const std::size_t offset = plan.itemBytes() * tile;
        hostRun(plan.bindAccumulate(plan.tables().data(), logits.data() + offset, tile,
                                    reinterpret_cast<float*>(sums.data())));
        float* target = reinterpret_cast<float*>(deviceSums.get());
        check(launch(plan.bindAccumulate(tables.get(), input.get() + offset, tile, target), nullptr), "launch");
      }
      hostRun(plan.bindSums(plan.tables().data(), reinterpret_cast<float*>(sums.data()), mask.data(), nullptr));
      const float* from = reinterpret_cast<float*>(deviceSums.get());
      check(launch(plan.bindSums(tables.get(), from, output.get(), nullptr), nullptr), "launch");
      check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
      expectSame(deviceSums.read(), sums, "sums");
      expectSame(output.read(), mask, "mask of sums");
    }
  }
}

TEST(PaintIdsKernel, EqualsTheHostReference) {
  Random random(6);
  Placement placement;
  placement.inputWidth = placement.inputHeight = 64;
  placement.maskWidth = 150;
  placement.maskHeight = 90;
  for (const bool tiles : {false, true}) {
    if (tiles) placement.tiles = {{0, 0}, {44, 0}, {88, 0}, {0, 28}, {44, 28}, {88, 28}};
    placement.scaleX = placement.scaleY = 64.0 / 150;
    const int count = static_cast<int>(placement.tiles.size());
    for (const DataType type : {DataType::uint8, DataType::int8, DataType::int32, DataType::int64}) {
      for (const bool wide : {false, true}) {
        const PostprocessPlan plan(placement, {type, false, {1, 64, 64}}, wide);
        const auto ids = random.bytes(plan.itemBytes() * count);
        std::vector<std::uint8_t> mask(plan.maskBytes());
        const DeviceMemory tables(plan.tables()), input(ids), output(mask.size());
        for (int tile = 0; tile < count; ++tile) {
          const std::size_t offset = plan.itemBytes() * tile;
          hostRun(plan.bindIds(plan.tables().data(), ids.data() + offset, tile, mask.data()));
          check(launch(plan.bindIds(tables.get(), input.get() + offset, tile, output.get()), nullptr), "launch");
        }
        check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
        expectSame(output.read(), mask, "ids of type " + std::to_string(static_cast<int>(type)));
      }
    }
  }
}

TEST(Kernels, CanBeCapturedAndReplayedOnOtherLogits) {
  const cases::PostprocessCase test{"captured", 19, 32, 32, 128, 128};
  const PostprocessPlan plan(cases::placementOf(test), layoutOf(test, DataType::float16, false), false);
  const DeviceMemory tables(plan.tables()), input(plan.itemBytes()), output(plan.maskBytes());
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  check(cudaStreamCreate(&stream), "cudaStreamCreate");
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
  check(launch(plan.bindUpsample(tables.get(), input.get(), output.get(), nullptr, 1), stream), "launch");
  check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
  for (const std::uint32_t seed : {1u, 2u}) {
    const auto logits = cases::logits(19 * 1024, DataType::float16, seed);
    std::vector<std::uint8_t> mask(plan.maskBytes());
    hostRun(plan.bindUpsample(plan.tables().data(), logits.data(), mask.data(), nullptr, 1));
    check(cudaMemcpy(input.get(), logits.data(), logits.size(), cudaMemcpyHostToDevice), "cudaMemcpy");
    check(cudaGraphLaunch(executable, stream), "cudaGraphLaunch");
    check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
    expectSame(output.read(), mask, "replay");
  }
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  cudaStreamDestroy(stream);
}

}  // namespace
}  // namespace maskforge
