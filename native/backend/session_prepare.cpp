// What a session works out once for pictures of one size: tables, contexts, memory.
#include <algorithm>
#include <iterator>
#include <utility>

#include "session.h"

namespace maskforge {

namespace {

/// Sizes of pictures that a session keeps its tables and graphs for.
constexpr std::size_t kKEPT_CALLS = 8;

std::size_t roundUp(std::size_t value) { return (value + 255) / 256 * 256; }

}  // namespace

PreparedCall& TrtSession::prepare(const Wave& wave, const Frame& frame, const Placement& placement) {
  const CallKey key = callKey(wave.frames, frame, placement);
  const auto found = std::find_if(calls_.begin(), calls_.end(), [&](const auto& call) { return call->key == key; });
  if (found != calls_.end()) {
    calls_.splice(calls_.begin(), calls_, found);
  } else {
    auto call = std::make_unique<PreparedCall>(key, frame, options_.normalisation);
    const Normalisation& normalisation = options_.normalisation;
    call->chunks = wave.chunks;
    for (const Chunk& chunk : wave.chunks) {
      call->networks.push_back(pool_.forShapes({inputShape(chunk.batch, normalisation.channels, placement.inputHeight,
                                                           placement.inputWidth, normalisation.nhwc)}));
    }
    choosePostprocessing(*call, placement);
    uploadTables(*call);
    calls_.push_front(std::move(call));
    if (calls_.size() > kKEPT_CALLS) calls_.pop_back();
  }
  // Also for a known one: a buffer that could not grow for another picture is empty now.
  PreparedCall& call = *calls_.front();
  reserve(call);
  for (const auto& network : call.networks) pool_.provideMemory(*network);
  return call;
}

void TrtSession::choosePostprocessing(PreparedCall& call, const Placement& placement) {
  const OutputTensor& output = call.networks.front()->output(options_.output);
  if (output.bytes == 0) throw Error("OUTPUT_UNSUPPORTED", "Output " + output.name + " has no size until it is run.");
  const OutputGrid grid = outputGrid(output.dims, options_.outputIsLogits, options_.outputNhwc, output.name);
  if (options_.outputIsLogits && grid.channels > 256 && !options_.wideIds) {
    throw Error("INVALID_ARGUMENT", "Ids of " + std::to_string(grid.channels) + " classes need two bytes.");
  }
  const OutputLayout layout{output.type, options_.outputNhwc, grid};
  call.postprocess = std::make_unique<PostprocessPlan>(placement, layout, options_.wideIds);
  for (std::size_t i = 0; i < call.chunks.size(); ++i) {
    const std::size_t wanted = call.postprocess->itemBytes() * static_cast<std::size_t>(call.chunks[i].batch);
    if (call.networks[i]->output(options_.output).bytes == wanted) continue;
    throw Error("OUTPUT_UNSUPPORTED", "Output " + output.name + " does not hold one result for each picture.");
  }
}

void TrtSession::uploadTables(PreparedCall& call) {
  const std::vector<std::uint8_t>& before = call.preprocess.tables();
  const std::vector<std::uint8_t>& after = call.postprocess->tables();
  call.postprocessTables = roundUp(before.size());
  call.tables.reserve(call.postprocessTables + after.size());
  const auto upload = [&](std::uint8_t* to, const std::vector<std::uint8_t>& from) {
    need(cudaMemcpyAsync(to, from.data(), from.size(), cudaMemcpyHostToDevice, stream_.get()),
         "copying tables to the GPU");
  };
  upload(call.tables.get(), before);
  upload(call.tables.get() + call.postprocessTables, after);
  stream_.synchronize();
}

void TrtSession::reserve(const PreparedCall& call) {
  const PreprocessPlan& before = call.preprocess;
  const PostprocessPlan& after = *call.postprocess;
  const auto frames = static_cast<std::size_t>(call.key.frames);
  std::size_t batch = 1;
  for (const Chunk& chunk : call.chunks) batch = std::max(batch, static_cast<std::size_t>(chunk.batch));
  const std::pair<DeviceBuffer*, std::size_t> wanted[] = {
      {&frames_, before.frameDistance() * frames},
      {&middle_, before.middleDistance() * frames},
      {&input_, before.itemBytes() * batch},
      {&output_, after.itemBytes() * batch},
      {&masks_, after.maskBytes() * frames},
      {&probabilities_, options_.probability ? after.pixels() * frames : 0},
      {&sums_, after.sumBytes()},
  };
  const auto isTooSmall = [](const auto& entry) { return entry.second != 0 && entry.first->isTooSmall(entry.second); };
  if (std::none_of(std::begin(wanted), std::end(wanted), isTooSmall)) return;
  // First of all, so that no graph outlives what it points to, should one of these fail.
  ++generation_;
  stream_.synchronize();
  for (const auto& entry : wanted) {
    if (isTooSmall(entry)) entry.first->reserve(entry.second);
  }
}

}  // namespace maskforge
