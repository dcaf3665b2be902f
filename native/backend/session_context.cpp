#include "session_context.h"

#include <algorithm>
#include <utility>

namespace maskforge {

namespace {

/// Shapes that a session switches between without starting anew: a picture, its last incomplete batch, another size.
constexpr std::size_t kKEPT_CONTEXTS = 6;

std::size_t roundUp(std::size_t value) { return (value + 255) / 256 * 256; }

std::size_t tensorBytes(const Dims& dims, DataType type) {
  std::size_t elements = 1;
  for (const std::int64_t size : dims) {
    if (size < 0) return 0;
    elements *= static_cast<std::size_t>(size);
  }
  return elements * elementBytes(type);
}

}  // namespace

const OutputTensor& NetworkContext::output(const std::string& name) const {
  for (const OutputTensor& tensor : outputs) {
    if (tensor.name == name) return tensor;
  }
  throw Error("INVALID_ARGUMENT", "The engine has no output " + name + ".");
}

ContextPool::ContextPool(std::shared_ptr<EngineHolder> engine, int profile, const Stream& stream)
    : engine_(std::move(engine)), profile_(profile), stream_(stream) {
  const EngineInfo& info = engine_->info();
  for (const TensorInfo& tensor : info.tensors) {
    if (!tensor.isInput) continue;
    inputs_.push_back(tensor);
    ranges_.push_back(inputRange(tensor.name, tensor.dims, info.profiles, profile));
  }
}

std::shared_ptr<NetworkContext> ContextPool::forShapes(const std::vector<Dims>& shapes) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto& kept) { return kept->shapes == shapes; });
  if (found != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front();
  }
  kept_.push_front(fresh(shapes));
  if (kept_.size() > kKEPT_CONTEXTS) kept_.pop_back();
  return kept_.front();
}

std::shared_ptr<NetworkContext> ContextPool::fresh(const std::vector<Dims>& shapes) {
  if (shapes.size() != inputs_.size()) throw Error("INVALID_ARGUMENT", "Every input of the engine needs a shape.");
  for (std::size_t i = 0; i < shapes.size(); ++i) checkRange(ranges_[i], shapes[i], profile_, engine_->path());
  const auto network = std::make_shared<NetworkContext>();
  network->shapes = shapes;
  {
    const std::lock_guard<std::mutex> lock(engine_->mutex());
    using Strategy = nvinfer1::ExecutionContextAllocationStrategy;
    network->context.reset(engine_->engine().createExecutionContext(Strategy::kUSER_MANAGED));
  }
  if (!network->context) fail("making an execution context");
  if (!engine_->info().profiles.empty()) {
    if (!network->context->setOptimizationProfileAsync(profile_, stream_.get())) fail("choosing the profile");
    stream_.synchronize();
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (!network->context->setInputShape(inputs_[i].name.c_str(), toTrt(shapes[i]))) fail("setting the input's shape");
  }
  describeOutputs(*network);
  measureMemory(*network);
  return network;
}

void ContextPool::describeOutputs(NetworkContext& network) {
  for (const TensorInfo& tensor : engine_->info().tensors) {
    if (tensor.isInput) continue;
    OutputTensor output{tensor.name, tensor.type, fromTrt(network.context->getTensorShape(tensor.name.c_str())), 0};
    output.bytes = tensorBytes(output.dims, output.type);
    network.outputs.push_back(std::move(output));
  }
}

void ContextPool::measureMemory(NetworkContext& network) {
  network.activationBytes = network.context->updateDeviceMemorySizeForShapes();
  // 0 stands for "not known" as well as for "none".
  if (network.activationBytes != 0) return;
  const int64_t most = engine_->info().profiles.empty() ? engine_->engine().getDeviceMemorySizeV2()
                                                        : engine_->engine().getDeviceMemorySizeForProfileV2(profile_);
  network.activationBytes = static_cast<std::size_t>(std::max<int64_t>(most, 0));
}

void ContextPool::provideMemory(NetworkContext& network) {
  if (activations_.isTooSmall(network.activationBytes)) {
    stream_.synchronize();
    ++generation_;
    activations_.reserve(network.activationBytes);
  }
  if (network.memory == activations_.get()) return;
  network.context->setDeviceMemoryV2(activations_.get(), static_cast<int64_t>(activations_.bytes()));
  network.memory = activations_.get();
}

void ContextPool::setAddress(NetworkContext& network, const std::string& tensor, void* address) {
  if (!network.context->setTensorAddress(tensor.c_str(), address)) fail("setting the address of " + tensor);
}

void ContextPool::addressOthers(NetworkContext& network, const std::string& wanted) {
  std::size_t bytes = 0;
  for (const OutputTensor& output : network.outputs) {
    if (output.name == wanted) continue;
    if (output.bytes == 0) throw Error("OUTPUT_UNSUPPORTED", "Output " + output.name + " has no size until it is run.");
    bytes += roundUp(output.bytes);
  }
  if (bytes == 0) return;
  if (others_.isTooSmall(bytes)) {
    stream_.synchronize();
    ++generation_;
    others_.reserve(bytes);
  }
  std::size_t offset = 0;
  for (const OutputTensor& output : network.outputs) {
    if (output.name == wanted) continue;
    setAddress(network, output.name, others_.get() + offset);
    offset += roundUp(output.bytes);
  }
}

void ContextPool::enqueue(NetworkContext& network) {
  if (!network.context->enqueueV3(stream_.get())) fail("starting the network");
}

std::uint64_t ContextPool::deviceBytes() const noexcept { return activations_.bytes() + others_.bytes(); }

void ContextPool::fail(const std::string& doing) {
  // Where CUDA itself failed, that is the reason.
  const cudaError_t cuda = cudaPeekAtLastError();
  if (cuda != cudaSuccess) need(cuda, doing.c_str());
  const std::string errors = engine_->log().errors();
  const bool memory =
      errors.find("out of memory") != std::string::npos || errors.find("OutOfMemory") != std::string::npos;
  throw Error(memory ? "DEVICE_OUT_OF_MEMORY" : "TENSORRT_FAILED",
              "TensorRT failed while " + doing + " of " + engine_->path() + ".\n" + errors);
}

}  // namespace maskforge
