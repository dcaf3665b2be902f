#include "session_plan.h"

#include <gtest/gtest.h>

#include <functional>

#include "maskforge/error.h"

namespace maskforge {
namespace {

std::string codeOf(const std::function<void()>& work, std::string* message = nullptr) {
  try {
    work();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return "";
}

/// Every item of every frame runs once, in order, in batches that the engine takes.
void checkWaves(int frames, int tiles, BatchRange batch) {
  int nextFrame = 0;
  for (const Wave& wave : planWaves(frames, tiles, batch)) {
    EXPECT_EQ(wave.firstFrame, nextFrame);
    nextFrame += wave.frames;
    int nextItem = 0;
    for (const Chunk& chunk : wave.chunks) {
      EXPECT_EQ(chunk.firstItem, nextItem);
      EXPECT_GE(chunk.items, 1);
      EXPECT_GE(chunk.batch, chunk.items);
      EXPECT_GE(chunk.batch, batch.min);
      EXPECT_LE(chunk.batch, batch.max);
      nextItem += chunk.items;
    }
    EXPECT_EQ(nextItem, wave.frames * tiles);
    if (tiles > 1) {
      EXPECT_EQ(wave.frames, 1);
    }
  }
  EXPECT_EQ(nextFrame, frames);
}

TEST(PlanWaves, RunEveryItemOnce) {
  for (const int frames : {1, 2, 7, 8, 9, 33}) {
    for (const int tiles : {1, 2, 6, 17}) {
      for (const BatchRange batch : {BatchRange{1, 1}, {1, 8}, {4, 8}, {3, 3}}) checkWaves(frames, tiles, batch);
    }
  }
}

TEST(PlanWaves, FillBatchesBeforeTheyBeginAnother) {
  const auto waves = planWaves(1, 6, {1, 4});
  ASSERT_EQ(waves.size(), 1u);
  ASSERT_EQ(waves[0].chunks.size(), 2u);
  EXPECT_EQ(waves[0].chunks[0].batch, 4);
  EXPECT_EQ(waves[0].chunks[1].batch, 2);
}

TEST(CallKey, DiffersWithWhateverAGraphDependsOn) {
  Frame frame;
  frame.width = frame.height = 8;
  frame.stride = 32;
  Placement placement;
  placement.fill = {1, 2, 3};
  const CallKey key = callKey(2, frame, placement);
  EXPECT_TRUE(key == callKey(2, frame, placement));
  EXPECT_FALSE(key == callKey(1, frame, placement));
  const auto changed = [&](auto change) {
    Frame f = frame;
    Placement p = placement;
    change(f, p);
    EXPECT_FALSE(key == callKey(2, f, p));
  };
  changed([](Frame& f, Placement&) { f.width = 9; });
  changed([](Frame& f, Placement&) { f.stride = 36; });
  changed([](Frame& f, Placement&) { f.format = PixelFormat::rgb8; });
  changed([](Frame& f, Placement&) { f.matrix = YuvMatrix::bt601; });
  changed([](Frame& f, Placement&) { f.fullRange = true; });
  changed([](Frame&, Placement& p) { p.resizedWidth = 1; });
  changed([](Frame&, Placement& p) { p.inputHeight = 1; });
  changed([](Frame&, Placement& p) { p.fill[1] = 9; });
  changed([](Frame&, Placement& p) { p.tiles[0].x = 4; });
  changed([](Frame&, Placement& p) { p.tiles.push_back({}); });
  changed([](Frame&, Placement& p) { p.maskWidth = 1; });
  changed([](Frame&, Placement& p) { p.scaleY = 0.5; });
}

TEST(CheckCall, NamesWhatIsWrong) {
  std::uint8_t memory[4] = {};
  Frame frame;
  frame.pixels = memory;
  frame.width = frame.height = 1;
  frame.stride = 4;
  Frame other = frame;
  other.height = 2;
  EXPECT_EQ(codeOf([&] { checkCall({frame}, {memory}, {}, false); }), "");
  EXPECT_EQ(codeOf([&] { checkCall({frame}, {memory}, {memory}, true); }), "");
  const std::string invalid = "INVALID_ARGUMENT";
  EXPECT_EQ(codeOf([&] { checkCall({}, {}, {}, false); }), invalid);
  EXPECT_EQ(codeOf([&] { checkCall({frame, frame}, {memory}, {}, false); }), invalid);
  EXPECT_EQ(codeOf([&] { checkCall({frame, other}, {memory, memory}, {}, false); }), invalid);
  EXPECT_EQ(codeOf([&] { checkCall({frame}, {nullptr}, {}, false); }), invalid);
  EXPECT_EQ(codeOf([&] { checkCall({frame}, {memory}, {}, true); }), invalid);
  EXPECT_EQ(codeOf([&] { checkCall({frame}, {memory}, {memory}, false); }), invalid);
}

TEST(CheckRange, NamesTheRangeAndTheEngine) {
  const InputRange range{"image", {1, 3, 256, 256}, {8, 3, 1024, 1024}};
  EXPECT_EQ(codeOf([&] { checkRange(range, {8, 3, 256, 1024}, 0, "b2.engine"); }), "");
  std::string message;
  EXPECT_EQ(codeOf([&] { checkRange(range, {1, 3, 2048, 2048}, 0, "b2.engine"); }, &message), "PROFILE_OUT_OF_RANGE");
  for (const char* part : {"image", "b2.engine", "1x3x256x256", "8x3x1024x1024", "profile 0", "1x3x2048x2048"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  EXPECT_EQ(codeOf([&] { checkRange(range, {3, 256, 256}, 0, "b2.engine"); }), "INVALID_ARGUMENT");
}

TEST(InputRange, ComesFromTheProfileWhereTheTensorIsDynamic) {
  const std::vector<Profile> profiles{{{"image", {1, 3, 256, 256}, {1, 3, 512, 512}, {2, 3, 512, 512}}}};
  EXPECT_EQ(inputRange("image", {1, 3, 64, 64}, profiles, 0).max, (Dims{1, 3, 64, 64}));
  EXPECT_EQ(inputRange("image", {-1, 3, -1, -1}, profiles, 0).max, (Dims{2, 3, 512, 512}));
  EXPECT_EQ(codeOf([&] { inputRange("image", {-1, 3, -1, -1}, profiles, 1); }), "PROFILE_OUT_OF_RANGE");
  EXPECT_EQ(codeOf([&] { inputRange("other", {-1, 3, -1, -1}, profiles, 0); }), "INVALID_ARGUMENT");
}

TEST(OutputGrid, ReadsEachLayout) {
  const auto grid = [](const Dims& dims, bool isLogits, bool nhwc) {
    const OutputGrid read = outputGrid(dims, isLogits, nhwc, "out");
    return std::vector<int>{read.channels, read.width, read.height};
  };
  EXPECT_EQ(grid({2, 19, 30, 40}, true, false), (std::vector<int>{19, 40, 30}));
  EXPECT_EQ(grid({2, 30, 40, 19}, true, true), (std::vector<int>{19, 40, 30}));
  EXPECT_EQ(grid({2, 30, 40}, false, false), (std::vector<int>{1, 40, 30}));
  EXPECT_EQ(grid({2, 1, 30, 40}, false, false), (std::vector<int>{1, 40, 30}));
  EXPECT_EQ(grid({2, 30, 40, 1}, false, false), (std::vector<int>{1, 40, 30}));
  for (const Dims& dims : {Dims{2, 19, -1, 40}, Dims{19}, Dims{1, 2, 3, 4, 5}}) {
    EXPECT_EQ(codeOf([&] { outputGrid(dims, true, false, "out"); }), "OUTPUT_UNSUPPORTED");
  }
  EXPECT_EQ(codeOf([&] { outputGrid({2, 30, 40}, true, false, "out"); }), "OUTPUT_UNSUPPORTED");
}

TEST(PinnedRanges, ContainWholeBuffersOnly) {
  std::uint8_t memory[100] = {};
  PinnedRanges ranges;
  EXPECT_FALSE(ranges.contains(memory, 1));
  ranges.add(memory + 10, 50);
  EXPECT_TRUE(ranges.contains(memory + 10, 50));
  EXPECT_TRUE(ranges.contains(memory + 59, 1));
  EXPECT_FALSE(ranges.contains(memory + 59, 2));
  EXPECT_FALSE(ranges.contains(memory + 9, 2));
  EXPECT_FALSE(ranges.contains(memory + 60, 1));
  EXPECT_FALSE(ranges.remove(memory));
  EXPECT_TRUE(ranges.remove(memory + 10));
  EXPECT_FALSE(ranges.contains(memory + 10, 1));
}

TEST(PlanTransfers, CoverEachBufferOnceAndStageOnlyOrdinaryMemory) {
  std::vector<std::uint8_t> memory(5 * kPIECE_BYTES);
  const std::size_t bytes = kPIECE_BYTES + 1000, distance = kPIECE_BYTES + 1024;
  PinnedRanges pinned;
  std::vector<std::uint8_t*> hosts{memory.data(), memory.data() + 2 * kPIECE_BYTES,
                                   memory.data() + 3 * kPIECE_BYTES + 2000};
  pinned.add(hosts[1], bytes);
  std::vector<Transfer> transfers;
  EXPECT_EQ(planTransfers(hosts, bytes, distance, pinned, transfers), 2 * bytes);
  ASSERT_EQ(transfers.size(), 5u);
  EXPECT_TRUE(transfers[2].direct);
  EXPECT_EQ(transfers[2].bytes, bytes);
  EXPECT_EQ(transfers[2].deviceOffset, distance);
  std::size_t staged = 0;
  for (const std::size_t index : {0u, 1u, 3u, 4u}) {
    EXPECT_EQ(transfers[index].stagingOffset, staged);
    EXPECT_EQ(transfers[index].bytes, index % 3 == 0 ? kPIECE_BYTES : 1000);
    staged += transfers[index].bytes;
  }
  EXPECT_EQ(transfers[4].host, hosts[2] + kPIECE_BYTES);
  EXPECT_EQ(transfers[4].deviceOffset, 2 * distance + kPIECE_BYTES);
}

TEST(Median, TakesTheMiddle) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
}

}  // namespace
}  // namespace maskforge
