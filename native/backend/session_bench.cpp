// Timing the engine alone, in trtexec's words: compute time between events around the network, copies between events
// around them, enqueue time on the host, latency the sum of the three stages.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>

#include "session.h"

namespace maskforge {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Runs that are in flight at once: the GPU then has work while the host reads the times of the run before.
constexpr std::size_t kIN_FLIGHT = 2;
/// However short a run is, more samples than this say nothing new.
constexpr std::size_t kMOST_SAMPLES = 100000;

struct Iteration {
  Event start, copiedIn, computed, copiedOut;
  double enqueue = 0;
};

class LayerTimes final : public nvinfer1::IProfiler {
 public:
  void reportLayerTime(char const* layerName, float milliseconds) noexcept override {
    try {
      const auto added = index_.try_emplace(layerName, layers_.size());
      if (added.second) layers_.push_back({layerName, {}});
      layers_[added.first->second].milliseconds.push_back(milliseconds);
    } catch (...) {
      // Out of memory: this time is left out.
    }
  }
  void forget() {
    for (Layer& layer : layers_) layer.milliseconds.clear();
  }
  std::vector<LayerTime> medians() const {
    std::vector<LayerTime> result;
    for (const Layer& layer : layers_) result.push_back({layer.name, median(layer.milliseconds)});
    return result;
  }

 private:
  struct Layer {
    std::string name;
    std::vector<double> milliseconds;
  };
  std::map<std::string, std::size_t> index_;
  std::vector<Layer> layers_;
};

/// For 0–1 a half-precision number between 1/8 and 1/2.
std::uint16_t someHalf(float value) { return static_cast<std::uint16_t>(0x3000 + static_cast<int>(value * 2048)); }

}  // namespace

std::shared_ptr<NetworkContext> TrtSession::benchContext(const Dims& shape) {
  if (pool_.inputs().size() != 1) throw Error("INPUT_UNSUPPORTED", engine_->path() + " has more than one input.");
  return pool_.forShapes({shape});
}

/// Random numbers in the input: zeros would make the network faster than it is.
void TrtSession::fillWithNoise(std::size_t bytes) {
  std::vector<std::uint8_t> noise(bytes);
  std::uint32_t state = 1;
  const std::size_t element = std::max<std::size_t>(1, elementBytes(inputType_));
  for (std::size_t at = 0; at + element <= bytes; at += element) {
    state = state * 1664525u + 1013904223u;
    const float value = static_cast<float>(state >> 8) / 16777216.0f;
    const std::uint16_t half = someHalf(value);
    if (inputType_ == DataType::float32) std::memcpy(&noise[at], &value, 4);
    else if (inputType_ == DataType::float16) std::memcpy(&noise[at], &half, 2);
    else noise[at] = static_cast<std::uint8_t>(state >> 24);
  }
  stagingIn_.reserve(bytes);
  std::memcpy(stagingIn_.get(), noise.data(), bytes);
  need(cudaMemcpyAsync(input_.get(), stagingIn_.get(), bytes, cudaMemcpyHostToDevice, stream_.get()), "copying noise");
  stream_.synchronize();
}

BenchSamples TrtSession::bench(const Dims& shape, const BenchOptions& options) {
  return guarded([&] {
    const auto network = benchContext(shape);
    const std::size_t outputBytes = network->output(options_.output).bytes;
    std::size_t inputBytes = elementBytes(inputType_);
    for (const std::int64_t size : shape) inputBytes *= static_cast<std::size_t>(size);
    stream_.synchronize();
    ++generation_;
    input_.reserve(inputBytes);
    output_.reserve(outputBytes);
    stagingOut_.reserve(outputBytes);
    fillWithNoise(inputBytes);
    pool_.provideMemory(*network);
    pool_.setAddress(*network, options_.input, input_.get());
    pool_.setAddress(*network, options_.output, output_.get());
    pool_.addressOthers(*network, options_.output);

    Graph graph;
    const auto warmUp = Clock::now();
    do {
      pool_.enqueue(*network);
      stream_.synchronize();
      if (options.cudaGraph && !graph.isReady() && graph.failure().empty()) {
        graph.capture(stream_.get(), [&] { pool_.enqueue(*network); });
      }
      if (graph.isReady()) graph.launch(stream_.get());
      stream_.synchronize();
    } while (secondsSince(warmUp) * 1000 < options.warmUpMs);

    Iteration slots[kIN_FLIGHT];
    const auto start = [&](Iteration& slot) {
      slot.start.record(stream_.get());
      if (options.transfers) {
        need(cudaMemcpyAsync(input_.get(), stagingIn_.get(), inputBytes, cudaMemcpyHostToDevice, stream_.get()),
             "timing");
      }
      slot.copiedIn.record(stream_.get());
      const auto enqueue = Clock::now();
      if (graph.isReady()) graph.launch(stream_.get());
      else pool_.enqueue(*network);
      slot.enqueue = secondsSince(enqueue) * 1000;
      slot.computed.record(stream_.get());
      if (options.transfers) {
        need(cudaMemcpyAsync(stagingOut_.get(), output_.get(), outputBytes, cudaMemcpyDeviceToHost, stream_.get()),
             "timing");
      }
      slot.copiedOut.record(stream_.get());
    };
    BenchSamples samples;
    const auto finish = [&](Iteration& slot) {
      slot.copiedOut.synchronize();
      samples.gpuCompute.push_back(slot.computed.since(slot.copiedIn));
      samples.copyIn.push_back(options.transfers ? slot.copiedIn.since(slot.start) : 0);
      samples.copyOut.push_back(options.transfers ? slot.copiedOut.since(slot.computed) : 0);
      samples.enqueue.push_back(slot.enqueue);
      samples.latency.push_back(samples.copyIn.back() + samples.gpuCompute.back() + samples.copyOut.back());
    };
    const auto begin = Clock::now();
    std::size_t started = 0;
    const auto wanted = static_cast<std::size_t>(std::max(1, options.iterations));
    const auto wantsMore = [&] {
      if (started < wanted) return true;
      return started < kMOST_SAMPLES && secondsSince(begin) < options.minSeconds;
    };
    while (samples.latency.size() < started || wantsMore()) {
      if (wantsMore() && started - samples.latency.size() < kIN_FLIGHT) start(slots[started++ % kIN_FLIGHT]);
      else finish(slots[samples.latency.size() % kIN_FLIGHT]);
    }
    samples.wallSeconds = secondsSince(begin);
    return samples;
  });
}

std::vector<LayerTime> TrtSession::profile(const Dims& shape, int runs) {
  return guarded([&] {
    if (pool_.inputs().size() != 1) throw Error("INPUT_UNSUPPORTED", engine_->path() + " has more than one input.");
    // Outlives the context that reports to it.
    LayerTimes times;
    const auto network = pool_.fresh({shape});
    std::size_t inputBytes = elementBytes(inputType_);
    for (const std::int64_t size : shape) inputBytes *= static_cast<std::size_t>(size);
    stream_.synchronize();
    ++generation_;
    input_.reserve(inputBytes);
    output_.reserve(network->output(options_.output).bytes);
    fillWithNoise(inputBytes);
    pool_.provideMemory(*network);
    pool_.setAddress(*network, options_.input, input_.get());
    pool_.setAddress(*network, options_.output, output_.get());
    pool_.addressOthers(*network, options_.output);
    network->context->setProfiler(&times);
    constexpr int kWARM_UP_RUNS = 5;
    for (int run = 0; run < kWARM_UP_RUNS + std::max(1, runs); ++run) {
      if (run == kWARM_UP_RUNS) times.forget();
      pool_.enqueue(*network);
      stream_.synchronize();
    }
    return times.medians();
  });
}

}  // namespace maskforge
