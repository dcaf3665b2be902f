#include "session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "maskforge/host_reference.h"
#include "maskforge/kernels.h"
#include "maskforge/spin.h"

namespace maskforge {

namespace {

using Clock = std::chrono::steady_clock;

/// After each run of the network: preprocessed, inferred, postprocessed.
constexpr std::size_t kMARKS = 3;

/// Copying helpers, and whoever waits for the masks, are woken this much ahead of their arrival: within `kSPIN_TIME`,
/// which helpers then wait.
constexpr double kWAKE_AHEAD_MS = 0.2;
/// Whoever slept for less wakes up as quickly as if told beforehand.
constexpr double kDEEP_SLEEP_MS = 1;
/// Between two questions whether masks have come: each takes a lock of the driver's.
constexpr std::chrono::microseconds kQUESTIONS{40};

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

std::size_t roundUp(std::size_t value) { return (value + 255) / 256 * 256; }

void add(StageTimes& sum, const StageTimes& times) {
  sum.copyIn += times.copyIn;
  sum.preprocess += times.preprocess;
  sum.infer += times.infer;
  sum.postprocess += times.postprocess;
  sum.copyOut += times.copyOut;
  sum.enqueue += times.enqueue;
}

/// A fresh buffer has no memory behind it until it is written to, which takes a quarter of a microsecond for each page.
void touchPages(void* memory, std::size_t bytes) {
  constexpr std::size_t kPAGE_BYTES = 4096;
  auto* at = static_cast<volatile std::uint8_t*>(memory);
  for (std::size_t i = 0; i < bytes; i += kPAGE_BYTES) at[i] = 0;
}

/// Whether one lies behind the other in the staging memory and on the device.
bool follows(const Transfer& before, const Transfer& after) {
  return after.stagingOffset == before.stagingOffset + before.bytes &&
         after.deviceOffset == before.deviceOffset + before.bytes;
}

bool isLogitType(DataType type) {
  return type == DataType::float32 || type == DataType::float16 || type == DataType::bfloat16;
}

}  // namespace

std::unique_ptr<Session> createTrtSession(std::shared_ptr<EngineHolder> engine, const SessionOptions& options) {
  const LogScope scope(engine->log());
  requireDevice(engine->device());
  return std::make_unique<TrtSession>(std::move(engine), options);
}

PreparedCall::PreparedCall(const CallKey& callKey, const Frame& frame, const Normalisation& normalisation)
    : key(callKey), preprocess(frame, callKey.placement, normalisation) {}

TrtSession::TrtSession(std::shared_ptr<EngineHolder> engine, const SessionOptions& options)
    : engine_(std::move(engine)), options_(options), pool_(engine_, options.profile, stream_), copier_(copyHelpers()) {
  const std::string& path = engine_->path();
  const auto find = [&](const std::string& name, bool isInput) -> const TensorInfo& {
    for (const TensorInfo& tensor : engine_->info().tensors) {
      if (tensor.name == name && tensor.isInput == isInput) return tensor;
    }
    throw Error("INVALID_ARGUMENT", path + " has no " + (isInput ? "input " : "output ") + name + ".");
  };
  inputType_ = find(options.input, true).type;
  const DataType outputType = find(options.output, false).type;
  if (isLogitType(outputType) != options.outputIsLogits) {
    throw Error("OUTPUT_UNSUPPORTED",
                "Output " + options.output + " of " + path + " is not of the kind that was said.");
  }
  if (options.probability && !options.outputIsLogits) {
    throw Error("INVALID_ARGUMENT", "Class ids carry no probability.");
  }
  const std::size_t entries = static_cast<std::size_t>(options.normalisation.channels) * 256;
  if (options.normalisation.tables.size() != entries * elementBytes(inputType_)) {
    throw Error("INVALID_ARGUMENT", "The tables are not of the type of input " + options.input + " of " + path + ".");
  }
  notFinite_.reserve(1);
}

TrtSession::~TrtSession() {
  const LogScope scope(engine_->log());
  cudaSetDevice(engine_->device());
  cudaStreamSynchronize(stream_.get());
  for (const void* memory : pinned_.all()) cudaHostUnregister(const_cast<void*>(memory));
  cudaGetLastError();
}

/// Answers whether the device is lost: TensorRT may fail for it without naming it.
bool TrtSession::settle(const std::string& reason, bool lost) noexcept {
  // The device may still be reading or writing the caller's memory.
  cudaGetLastError();
  const cudaError_t result = cudaStreamSynchronize(stream_.get());
  cudaGetLastError();
  if (!lost && result == cudaSuccess) return false;
  broken_ = reason;
  if (!lost) broken_ += std::string(" ") + cudaGetErrorString(result);
  return lost || std::strcmp(cudaErrorCode(result), "DEVICE_LOST") == 0;
}

// --- Segmenting ----------------------------------------------------------------------------------------------------

StageTimes TrtSession::segment(const std::vector<Frame>& frames, const Placement& placement,
                               const std::vector<std::uint8_t*>& masks,
                               const std::vector<std::uint8_t*>& probabilities) {
  return guarded([&] {
    const auto start = Clock::now();
    checkCall(frames, masks, probabilities, options_.probability);
    if (pool_.inputs().size() != 1) throw Error("INPUT_UNSUPPORTED", engine_->path() + " has more than one input.");
    StageTimes times;
    const int tiles = static_cast<int>(placement.tiles.size());
    for (const Wave& wave : planWaves(static_cast<int>(frames.size()), tiles, batchRange())) {
      add(times, runWave(wave, frames, placement, masks, probabilities));
    }
    times.total = millisecondsSince(start);
    return times;
  });
}

BatchRange TrtSession::batchRange() const {
  const InputRange& range = pool_.range(0);
  if (range.min.size() != 4) throw Error("INPUT_UNSUPPORTED", "Input " + range.name + " is no picture.");
  return {static_cast<int>(std::max<std::int64_t>(1, range.min[0])),
          static_cast<int>(std::max<std::int64_t>(1, range.max[0]))};
}

StageTimes TrtSession::runWave(const Wave& wave, const std::vector<Frame>& frames, const Placement& placement,
                               const std::vector<std::uint8_t*>& masks,
                               const std::vector<std::uint8_t*>& probabilities) {
  PreparedCall& call = prepare(wave, frames.front(), placement);
  *notFinite_.get() = 0;
  copyIn(call, wave, frames);
  const double enqueue = runBody(call);

  const PostprocessPlan& plan = *call.postprocess;
  const std::size_t maskBytes = plan.maskBytes() * wave.frames;
  const std::size_t probabilityBytes = probabilities.empty() ? 0 : plan.pixels() * wave.frames;
  stagingOut_.reserve(roundUp(maskBytes) + probabilityBytes);
  copies_.clear();
  hosts_.assign(masks.begin() + wave.firstFrame, masks.begin() + wave.firstFrame + wave.frames);
  startCopyOut(masks_.get(), plan.maskBytes(), 0);
  if (probabilityBytes != 0) {
    hosts_.assign(probabilities.begin() + wave.firstFrame, probabilities.begin() + wave.firstFrame + wave.frames);
    startCopyOut(probabilities_.get(), plan.pixels(), roundUp(maskBytes));
  }
  end_.record(stream_.get());
  finishCopyOut(call);
  end_.synchronize();
  refuseNotFinite();
  call.warm = true;
  StageTimes times = readTimes(call);
  times.enqueue = enqueue;
  return times;
}

void TrtSession::copyIn(const PreparedCall& call, const Wave& wave, const std::vector<Frame>& frames) {
  hosts_.clear();
  for (int i = 0; i < wave.frames; ++i) {
    // Only read from; transfers know one direction's type.
    hosts_.push_back(const_cast<std::uint8_t*>(frames[static_cast<std::size_t>(wave.firstFrame + i)].pixels));
  }
  transfers_.clear();
  const std::size_t bytes = frameBytes(frames.front());
  stagingIn_.reserve(planTransfers(hosts_, bytes, call.preprocess.frameDistance(), pinned_, transfers_));
  copyStart_.record(stream_.get());
  copies_.clear();
  const auto staged =
      std::stable_partition(transfers_.begin(), transfers_.end(), [](const Transfer& t) { return t.direct; });
  const auto upload = [&](const Transfer& transfer, const std::uint8_t* from) {
    need(cudaMemcpyAsync(frames_.get() + transfer.deviceOffset, from, transfer.bytes, cudaMemcpyHostToDevice,
                         stream_.get()),
         "copying a frame to the GPU");
  };
  for (auto transfer = transfers_.begin(); transfer != staged; ++transfer) upload(*transfer, transfer->host);
  for (auto transfer = staged; transfer != transfers_.end(); ++transfer) {
    copies_.push_back({stagingIn_.get() + transfer->stagingOffset, transfer->host, transfer->bytes});
  }
  // Each transfer costs the host some microseconds: neighbours that are ready go together.
  copier_.run(copies_, {}, [&](std::size_t first, std::size_t last) {
    for (std::size_t next = first; next < last; first = next) {
      Transfer run = staged[static_cast<std::ptrdiff_t>(first)];
      for (next = first + 1; next < last && follows(run, staged[static_cast<std::ptrdiff_t>(next)]); ++next) {
        run.bytes += staged[static_cast<std::ptrdiff_t>(next)].bytes;
      }
      upload(run, stagingIn_.get() + run.stagingOffset);
    }
  });
  copyEnd_.record(stream_.get());
}

/// From the frames on the device to the masks on the device; milliseconds that the host took to start it.
double TrtSession::runBody(PreparedCall& call) {
  while (marks_.size() < call.chunks.size() * kMARKS) marks_.emplace_back();
  if (call.generation != generation()) {
    // Memory moved: the first run on the new one is plain again.
    call.graph.reset();
    call.warm = false;
    call.generation = generation();
  }
  const bool wantsGraph = options_.cudaGraph && call.warm && call.graph.failure().empty();
  if (wantsGraph && !call.graph.isReady() && !call.graph.capture(stream_.get(), [&] { enqueueBody(call, true); })) {
    const std::string text = "This engine runs without a CUDA graph: " + call.graph.failure();
    engine_->log().write(Severity::warning, text.c_str());
  }
  const auto start = Clock::now();
  if (call.graph.isReady()) call.graph.launch(stream_.get());
  else enqueueBody(call, false);
  return millisecondsSince(start);
}

void TrtSession::mark(std::size_t event, bool inGraph) {
  if (inGraph) marks_[event].recordInGraph(stream_.get());
  else marks_[event].record(stream_.get());
}

void TrtSession::enqueueBody(PreparedCall& call, bool inGraph) {
  for (std::size_t i = 0; i < call.chunks.size(); ++i) {
    const Chunk& chunk = call.chunks[i];
    NetworkContext& network = *call.networks[i];
    const PreprocessTask task = call.preprocess.bind(call.tables.get(), frames_.get(), middle_.get(), input_.get(),
                                                     chunk.firstItem, chunk.items);
    need(launch(task, stream_.get()), "starting the preprocessing");
    mark(i * kMARKS, inGraph);
    pool_.setAddress(network, options_.input, input_.get());
    pool_.setAddress(network, options_.output, output_.get());
    pool_.addressOthers(network, options_.output);
    pool_.enqueue(network);
    mark(i * kMARKS + 1, inGraph);
    postprocess(call, i);
    mark(i * kMARKS + 2, inGraph);
  }
}

void TrtSession::postprocess(PreparedCall& call, std::size_t index) {
  const Chunk& chunk = call.chunks[index];
  const PostprocessPlan& plan = *call.postprocess;
  const std::uint8_t* tables = call.tables.get() + call.postprocessTables;
  const char* const doing = "starting the postprocessing";
  std::uint8_t* probabilities = options_.probability ? probabilities_.get() : nullptr;
  const int tiles = static_cast<int>(call.key.placement.tiles.size());
  if (plan.isIds()) {
    for (int i = 0; i < chunk.items; ++i) {
      const int item = chunk.firstItem + i;
      std::uint8_t* mask = masks_.get() + plan.maskBytes() * (item / tiles);
      const PaintIdsTask task = plan.bindIds(tables, output_.get() + plan.itemBytes() * i, item % tiles, mask);
      need(launch(task, stream_.get()), doing);
    }
    return;
  }
  if (!plan.isTiled()) {
    std::uint8_t* masks = masks_.get() + plan.maskBytes() * chunk.firstItem;
    std::uint8_t* sure = probabilities == nullptr ? nullptr : probabilities + plan.pixels() * chunk.firstItem;
    UpsampleTask task = plan.bindUpsample(tables, output_.get(), masks, sure, chunk.items);
    task.notFinite = notFinite_.get();
    need(launch(task, stream_.get()), doing);
    return;
  }
  auto* sums = reinterpret_cast<float*>(sums_.get());
  if (index == 0) need(cudaMemsetAsync(sums, 0, plan.sumBytes(), stream_.get()), doing);
  for (int i = 0; i < chunk.items; ++i) {
    const void* logits = output_.get() + plan.itemBytes() * i;
    AccumulateTask task = plan.bindAccumulate(tables, logits, chunk.firstItem + i, sums);
    task.notFinite = notFinite_.get();
    need(launch(task, stream_.get()), doing);
  }
  if (index + 1 == call.chunks.size()) {
    need(launch(plan.bindSums(tables, sums, masks_.get(), probabilities), stream_.get()), doing);
  }
}

/// From the device to `hosts_`, straight where that is pinned, else by way of the staging memory.
void TrtSession::startCopyOut(const std::uint8_t* device, std::size_t bytes, std::size_t stagingBase) {
  transfers_.clear();
  planTransfers(hosts_, bytes, bytes, pinned_, transfers_);
  for (const Transfer& transfer : transfers_) {
    std::uint8_t* to = transfer.direct ? transfer.host : stagingOut_.get() + stagingBase + transfer.stagingOffset;
    need(cudaMemcpyAsync(to, device + transfer.deviceOffset, transfer.bytes, cudaMemcpyDeviceToHost, stream_.get()),
         "copying a mask from the GPU");
    if (transfer.direct) continue;
    if (arrivals_.size() == copies_.size()) arrivals_.emplace_back(cudaEventDisableTiming);
    arrivals_[copies_.size()].record(stream_.get());
    copies_.push_back({transfer.host, to, transfer.bytes});
  }
}

/// Copies each piece on as soon as it has arrived. Memory that was never written to is brought in while the network
/// still runs.
void TrtSession::finishCopyOut(PreparedCall& call) {
  const auto start = Clock::now();
  for (const HostCopy& copy : copies_) touchPages(copy.target, copy.bytes);
  awaitMasks(call);
  call.waited = millisecondsSince(start);
  if (!copies_.empty()) copier_.run(copies_, [this](std::size_t index) { arrivals_[index].wait(); }, {});
}

/// Until the masks are made on the device. Pictures of one size take about the same time: those who fell asleep while the
/// network ran are awake by its end.
void TrtSession::awaitMasks(PreparedCall& call) {
  const Event& made = marks_[call.chunks.size() * kMARKS - 1];
  const std::chrono::duration<double, std::milli> quiet(std::max(0.0, call.waited - kWAKE_AHEAD_MS));
  const auto start = Clock::now();
  while (Clock::now() - start < quiet) {
    if (made.hasPassed()) break;
    spinFor(kQUESTIONS, [] { return false; });
  }
  copier_.announce(copies_);
  if (options_.soon && call.waited >= kDEEP_SLEEP_MS) options_.soon();
  made.synchronize();
}

/// Of NaN and of positive infinity no class follows: NaN wins against nothing, so that a mask of class 0 would come out.
void TrtSession::refuseNotFinite() const {
  if (*static_cast<volatile std::uint8_t*>(notFinite_.get()) == 0) return;
  throw Error("MODEL_OUTPUT_NOT_FINITE",
              engine_->path() + " computes values that are no finite numbers (NaN or infinity) on this picture.");
}

StageTimes TrtSession::readTimes(const PreparedCall& call) const {
  StageTimes times;
  times.copyIn = copyEnd_.since(copyStart_);
  const Event* before = &copyEnd_;
  for (std::size_t i = 0; i < call.chunks.size(); ++i) {
    const Event* marks = &marks_[i * kMARKS];
    times.preprocess += marks[0].since(*before);
    times.infer += marks[1].since(marks[0]);
    times.postprocess += marks[2].since(marks[1]);
    before = &marks[2];
  }
  times.copyOut = end_.since(*before);
  return times;
}

// --- Memory --------------------------------------------------------------------------------------------------------

void TrtSession::pin(void* memory, std::size_t bytes) {
  guarded([&] {
    need(cudaHostRegister(memory, bytes, cudaHostRegisterPortable), "pinning host memory");
    pinned_.add(memory, bytes);
  });
}

void TrtSession::unpin(void* memory) {
  guarded([&] {
    if (!pinned_.remove(memory)) return;
    need(cudaHostUnregister(memory), "releasing pinned host memory");
  });
}

std::uint64_t TrtSession::deviceBytes() const {
  std::uint64_t bytes = pool_.deviceBytes();
  for (const DeviceBuffer* buffer : {&frames_, &middle_, &input_, &output_, &masks_, &probabilities_, &sums_}) {
    bytes += buffer->bytes();
  }
  for (const auto& buffer : rawTensors_) bytes += buffer->bytes();
  for (const auto& call : calls_) bytes += call->tables.bytes();
  return bytes;
}

}  // namespace maskforge
