// Real graphs parsed and built on the processor.
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "maskforge/files.h"
#include "rtx_fixture.h"

namespace {

using maskforge::BuildObserver;
using maskforge::BuildResult;

class RtxBuild : public RtxTest, public testing::WithParamInterface<const char*> {};

TEST_P(RtxBuild, WritesAnEngine) {
  const maskforge::BuildRequest wanted = request(GetParam());
  const BuildResult result = backend->build(wanted, {});
  EXPECT_EQ(std::filesystem::file_size(wanted.enginePath), result.engineBytes);
  EXPECT_GT(result.layers, 0);
  ASSERT_GE(result.tensors.size(), 2u);
  EXPECT_TRUE(result.tensors.front().isInput);
  EXPECT_FALSE(result.tensors.back().isInput);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RtxBuild,
                         testing::Values("small/original-ts13-256.onnx", "small/original-ts17-256.onnx",
                                         "small/original-ts13-256-half.onnx", "small/transformers-ts13-256.onnx",
                                         "small/original-dynamo18-256.onnx", "odd/channels-static.onnx"));

using RtxBuilding = RtxTest;

TEST_F(RtxBuilding, TakesTheGraphFromMemory) {
  maskforge::BuildRequest wanted = request("small/original-ts13-256.onnx");
  wanted.onnxBytes = maskforge::readFile(wanted.onnxPath, "UNUSED");
  wanted.onnxPath = "/nowhere/only-a-name.onnx";
  EXPECT_GT(backend->build(wanted, {}).engineBytes, 0u);
}

TEST_F(RtxBuilding, FindsWeightsBesideTheGraph) {
  maskforge::BuildRequest wanted = request("odd/external.onnx");
  wanted.profiles = {imageRange()};
  EXPECT_GT(backend->build(wanted, {}).engineBytes, 0u);
}

TEST_F(RtxBuilding, ParsesOnlyWhenAsked) {
  maskforge::BuildRequest wanted = request("small/original-ts13-dynamic.onnx");
  wanted.parseOnly = true;
  wanted.enginePath.clear();
  const BuildResult result = backend->build(wanted, {});
  EXPECT_EQ(result.engineBytes, 0u);
  EXPECT_GT(result.layers, 100);
  EXPECT_EQ(result.tensors.front().dims.at(2), -1);
  EXPECT_TRUE(folder.empty());
}

TEST_F(RtxBuilding, TakesDynamicSizesWithAProfile) {
  maskforge::BuildRequest wanted = request("small/original-ts13-dynamic.onnx");
  wanted.profiles = {imageRange()};
  EXPECT_GT(backend->build(wanted, {}).engineBytes, 0u);
}

TEST_F(RtxBuilding, BuildsForNamedGenerations) {
  maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
  wanted.computeCapabilities = {89, 120};
  EXPECT_GT(backend->build(wanted, {}).engineBytes, 0u);
}

TEST_F(RtxBuilding, ReportsPhasesThatNest) {
  std::mutex mutex;
  std::vector<std::string> open;
  std::set<std::string> seen;
  int steps = 0;
  bool orderly = true;
  BuildObserver observer;
  observer.phaseStarted = [&](std::string_view phase, std::string_view parent, int) {
    const std::lock_guard<std::mutex> lock(mutex);
    orderly = orderly && (parent.empty() || std::find(open.begin(), open.end(), parent) != open.end());
    open.emplace_back(phase);
    seen.emplace(phase);
  };
  observer.step = [&](std::string_view phase, int) {
    const std::lock_guard<std::mutex> lock(mutex);
    orderly = orderly && std::find(open.begin(), open.end(), phase) != open.end();
    ++steps;
    return true;
  };
  observer.phaseFinished = [&](std::string_view phase) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = std::find(open.rbegin(), open.rend(), phase);
    orderly = orderly && found != open.rend();
    if (found != open.rend()) open.erase(std::next(found).base());
  };
  backend->build(request("small/original-ts13-256.onnx"), observer);
  EXPECT_TRUE(orderly);
  EXPECT_TRUE(open.empty());
  EXPECT_GT(seen.size(), 5u);
  EXPECT_GT(steps, 100);
}

TEST_F(RtxBuilding, SurvivesAnObserverThatThrows) {
  BuildObserver observer;
  observer.phaseStarted = [](std::string_view, std::string_view, int) { throw std::runtime_error("a listener's fault"); };
  observer.log = [](const maskforge::LogLine&) { throw std::runtime_error("a listener's fault"); };
  EXPECT_GT(backend->build(request("odd/channels-static.onnx"), observer).engineBytes, 0u);
}

TEST_F(RtxBuilding, KeepsConcurrentBuildsApart) {
  const std::vector<std::string> names{"small/original-ts13-256.onnx", "odd/custom-op.onnx", "odd/channels-static.onnx"};
  std::vector<std::string> codes(names.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < names.size(); ++i) {
    threads.emplace_back([&, i] {
      maskforge::BuildRequest wanted = request(names[i]);
      wanted.enginePath = folder.file(std::to_string(i) + ".engine");
      codes[i] = refusalOfBuilding(wanted).code;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(codes, (std::vector<std::string>{"", "ONNX_PLUGIN_MISSING", ""}));
  EXPECT_TRUE(maskforge::isRegularFile(folder.file("0.engine")));
  EXPECT_FALSE(maskforge::isRegularFile(folder.file("1.engine")));
  EXPECT_TRUE(maskforge::isRegularFile(folder.file("2.engine")));
}

/// Cancels at the first step of the nth phase.
BuildObserver cancellingAt(std::size_t phase, std::set<std::string>& seen) {
  BuildObserver observer;
  observer.phaseStarted = [&seen](std::string_view name, std::string_view, int) { seen.emplace(name); };
  observer.step = [&seen, phase](std::string_view, int) { return seen.size() < phase; };
  return observer;
}

TEST_F(RtxBuilding, EndsWhereItIsCancelledAndLeavesNothing) {
  for (const std::size_t phase : {1, 2, 4, 6}) {
    std::set<std::string> seen;
    const auto start = std::chrono::steady_clock::now();
    const Refusal refusal =
        refusalOfBuilding(request("small/transformers-ts13-512.onnx"), cancellingAt(phase, seen));
    EXPECT_EQ(refusal.code, "CANCELLED") << "in phase " << phase << ": " << refusal.message;
    EXPECT_TRUE(folder.empty()) << "in phase " << phase;
    RecordProperty("seconds-" + std::to_string(phase),
                   std::to_string(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()));
  }
  EXPECT_GT(backend->build(request("odd/channels-static.onnx"), {}).engineBytes, 0u) << "after cancelled ones";
}

TEST_F(RtxBuilding, HasNoTimingCacheAndTakesNone) {
  maskforge::BuildRequest wanted = request("odd/channels-static.onnx");
  wanted.timingCache = {1, 2, 3};
  const BuildResult result = backend->build(wanted, {});
  EXPECT_TRUE(result.timingCache.empty());
}

}  // namespace
