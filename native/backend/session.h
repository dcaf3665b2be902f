// The implementation of a session on TensorRT: session.cpp segments pictures, session_raw.cpp runs raw tensors,
// session_bench.cpp times.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine_holder.h"
#include "graph.h"
#include "maskforge/session.h"
#include "session_context.h"
#include "session_copier.h"
#include "session_memory.h"
#include "session_plan.h"

namespace maskforge {

/// What is worked out once for frames of one size and placement, and used again.
struct PreparedCall {
  PreparedCall(const CallKey& callKey, const Frame& frame, const Normalisation& normalisation);

  CallKey key;
  PreprocessPlan preprocess;
  std::unique_ptr<PostprocessPlan> postprocess;
  std::vector<Chunk> chunks;
  /// One for each chunk.
  std::vector<std::shared_ptr<NetworkContext>> networks;
  DeviceBuffer tables{"tables of pre- and postprocessing"};
  std::size_t postprocessTables = 0;
  Graph graph;
  /// Capture begins once everything ran: TensorRT and CUDA load and reserve on first use.
  bool warm = false;
  /// Of the memory that the graph captured.
  std::uint64_t generation = 0;
  /// Milliseconds that the host waited for the masks the last time.
  double waited = 0;
};

class TrtSession final : public Session {
 public:
  TrtSession(std::shared_ptr<EngineHolder> engine, const SessionOptions& options);
  ~TrtSession() override;

  StageTimes segment(const std::vector<Frame>& frames, const Placement& placement,
                     const std::vector<std::uint8_t*>& masks, const std::vector<std::uint8_t*>& probabilities) override;
  std::vector<HostTensor> infer(const std::vector<HostTensor>& inputs) override;
  BenchSamples bench(const Dims& inputShape, const BenchOptions& options) override;
  std::vector<LayerTime> profile(const Dims& inputShape, int runs) override;
  void pin(void* memory, std::size_t bytes) override;
  void unpin(void* memory) override;
  std::uint64_t deviceBytes() const override;

 private:
  template <typename Work>
  auto guarded(Work&& work) -> decltype(work());
  bool settle(const std::string& reason, bool lost) noexcept;

  BatchRange batchRange() const;
  PreparedCall& prepare(const Wave& wave, const Frame& frame, const Placement& placement);
  void choosePostprocessing(PreparedCall& call, const Placement& placement);
  void uploadTables(PreparedCall& call);
  void reserve(const PreparedCall& call);
  std::uint64_t generation() const noexcept { return generation_ + pool_.generation(); }

  StageTimes runWave(const Wave& wave, const std::vector<Frame>& frames, const Placement& placement,
                     const std::vector<std::uint8_t*>& masks, const std::vector<std::uint8_t*>& probabilities);
  void copyIn(const PreparedCall& call, const Wave& wave, const std::vector<Frame>& frames);
  double runBody(PreparedCall& call);
  void enqueueBody(PreparedCall& call, bool inGraph);
  void postprocess(PreparedCall& call, std::size_t chunk);
  void startCopyOut(const std::uint8_t* device, std::size_t bytes, std::size_t stagingBase);
  void finishCopyOut(PreparedCall& call);
  void awaitMasks(PreparedCall& call);
  void refuseNotFinite() const;
  StageTimes readTimes(const PreparedCall& call) const;
  void mark(std::size_t event, bool inGraph);

  std::shared_ptr<NetworkContext> benchContext(const Dims& shape);
  void fillWithNoise(std::size_t bytes);

  std::shared_ptr<EngineHolder> engine_;
  const SessionOptions options_;
  DataType inputType_ = DataType::unknown;
  Stream stream_;
  ContextPool pool_;
  Event copyStart_, copyEnd_, end_;
  std::vector<Event> marks_;
  /// One for each copy of `copies_` on the way out: its piece has arrived.
  std::vector<Event> arrivals_;

  DeviceBuffer frames_{"frames"}, middle_{"half-resized frames"}, input_{"the network's input"};
  DeviceBuffer output_{"the network's output"}, masks_{"masks"}, probabilities_{"probabilities"};
  DeviceBuffer sums_{"sums of overlapping tiles"};
  std::vector<std::unique_ptr<DeviceBuffer>> rawTensors_;
  PinnedBuffer stagingIn_, stagingOut_;
  /// One byte, which kernels set on meeting a logit of which no class follows.
  PinnedBuffer notFinite_;
  PinnedRanges pinned_;
  HostCopier copier_;
  std::vector<Transfer> transfers_;
  std::vector<HostCopy> copies_;
  std::vector<std::uint8_t*> hosts_;
  std::list<std::unique_ptr<PreparedCall>> calls_;
  std::uint64_t generation_ = 0;
  std::string broken_;
};

template <typename Work>
auto TrtSession::guarded(Work&& work) -> decltype(work()) {
  if (!broken_.empty()) {
    throw Error("SESSION_BROKEN", "This session of " + engine_->path() + " ended with a fault of the GPU: " + broken_);
  }
  const LogScope scope(engine_->log());
  need(cudaSetDevice(engine_->device()), "choosing the GPU");
  try {
    return work();
  } catch (const Error& error) {
    const bool told = error.code() == "DEVICE_LOST";
    if (settle(error.what(), told) && !told) throw Error("DEVICE_LOST", broken_);
    throw;
  } catch (const std::exception& error) {
    if (settle(error.what(), false)) throw Error("DEVICE_LOST", broken_);
    throw;
  }
}

}  // namespace maskforge
