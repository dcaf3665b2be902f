// Raw tensors through the engine, for verification: nothing here is in a hurry.
#include <algorithm>
#include <cstring>

#include "session.h"

namespace maskforge {

namespace {

std::size_t byteCount(const Dims& dims, DataType type) {
  std::size_t elements = 1;
  for (const std::int64_t size : dims) elements *= static_cast<std::size_t>(std::max<std::int64_t>(0, size));
  return elements * elementBytes(type);
}

/// Memory for an output whose size is known only once it is computed.
class LateOutput final : public nvinfer1::IOutputAllocator {
 public:
  LateOutput(nvinfer1::IExecutionContext& context, const std::string& name, DeviceBuffer& buffer)
      : context_(context), name_(name), buffer_(buffer) {
    isPlaced_ = context_.setOutputAllocator(name_.c_str(), this);
  }
  ~LateOutput() override { context_.setOutputAllocator(name_.c_str(), nullptr); }
  LateOutput(const LateOutput&) = delete;
  LateOutput& operator=(const LateOutput&) = delete;
  bool isPlaced() const noexcept { return isPlaced_; }

  void* reallocateOutputAsync(char const*, void*, uint64_t size, uint64_t, cudaStream_t) noexcept override {
    try {
      buffer_.reserve(static_cast<std::size_t>(size));
      return buffer_.get();
    } catch (...) {
      return nullptr;
    }
  }
  void notifyShape(char const*, nvinfer1::Dims const& dims) noexcept override { dims_ = dims; }
  const nvinfer1::Dims& dims() const noexcept { return dims_; }

 private:
  nvinfer1::IExecutionContext& context_;
  const std::string name_;
  DeviceBuffer& buffer_;
  nvinfer1::Dims dims_{};
  bool isPlaced_ = false;
};

const HostTensor& tensorOf(const std::vector<HostTensor>& tensors, const TensorInfo& wanted, const std::string& path) {
  for (const HostTensor& tensor : tensors) {
    if (tensor.name != wanted.name) continue;
    if (tensor.type != wanted.type || tensor.bytes.size() != byteCount(tensor.dims, tensor.type)) {
      throw Error("INVALID_ARGUMENT", "Tensor " + tensor.name + " is not of the type or size that " + path + " takes.");
    }
    return tensor;
  }
  throw Error("INVALID_ARGUMENT", "No tensor was given for input " + wanted.name + " of " + path + ".");
}

}  // namespace

std::vector<HostTensor> TrtSession::infer(const std::vector<HostTensor>& inputs) {
  return guarded([&] {
    const auto& wanted = pool_.inputs();
    std::vector<Dims> shapes;
    for (const TensorInfo& input : wanted) {
      if (engine_->engine().getTensorLocation(input.name.c_str()) != nvinfer1::TensorLocation::kDEVICE) {
        throw Error("INPUT_UNSUPPORTED", "Input " + input.name + " of " + engine_->path() + " is a shape, no tensor.");
      }
      shapes.push_back(tensorOf(inputs, input, engine_->path()).dims);
    }
    const auto network = pool_.forShapes(shapes);
    // The context's addresses change: what was captured with it is captured again.
    ++generation_;
    pool_.provideMemory(*network);
    const std::size_t count = wanted.size() + network->outputs.size();
    while (rawTensors_.size() < count) rawTensors_.push_back(std::make_unique<DeviceBuffer>("raw tensors"));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const HostTensor& tensor = tensorOf(inputs, wanted[i], engine_->path());
      rawTensors_[i]->reserve(tensor.bytes.size());
      need(cudaMemcpyAsync(rawTensors_[i]->get(), tensor.bytes.data(), tensor.bytes.size(), cudaMemcpyHostToDevice,
                           stream_.get()),
           "copying a tensor to the GPU");
      pool_.setAddress(*network, wanted[i].name, rawTensors_[i]->get());
    }
    std::vector<std::unique_ptr<LateOutput>> late(network->outputs.size());
    for (std::size_t i = 0; i < network->outputs.size(); ++i) {
      const OutputTensor& output = network->outputs[i];
      DeviceBuffer& buffer = *rawTensors_[wanted.size() + i];
      buffer.reserve(output.bytes);
      pool_.setAddress(*network, output.name, buffer.get());
      if (output.bytes != 0) continue;
      late[i] = std::make_unique<LateOutput>(*network->context, output.name, buffer);
      if (!late[i]->isPlaced()) pool_.fail("placing " + output.name);
    }
    pool_.enqueue(*network);
    stream_.synchronize();
    std::vector<HostTensor> results;
    for (std::size_t i = 0; i < network->outputs.size(); ++i) {
      const OutputTensor& output = network->outputs[i];
      HostTensor result{output.name, output.type, late[i] ? fromTrt(late[i]->dims()) : output.dims, {}};
      result.bytes.resize(byteCount(result.dims, result.type));
      need(cudaMemcpy(result.bytes.data(), rawTensors_[wanted.size() + i]->get(), result.bytes.size(),
                      cudaMemcpyDeviceToHost),
           "copying a tensor from the GPU");
      results.push_back(std::move(result));
    }
    return results;
  });
}

}  // namespace maskforge
