// Execution contexts of one session: one for each input shape, since a captured graph belongs to its context's state,
// all on one block of activation memory, since only one of them runs at a time.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine_holder.h"
#include "session_memory.h"
#include "session_plan.h"

namespace maskforge {

struct OutputTensor {
  std::string name;
  DataType type = DataType::unknown;
  /// Of the context's input shapes; -1 where only a run tells.
  Dims dims;
  std::size_t bytes = 0;
};

struct NetworkContext {
  std::vector<Dims> shapes;
  std::vector<OutputTensor> outputs;
  std::unique_ptr<nvinfer1::IExecutionContext> context;
  std::size_t activationBytes = 0;
  /// The activation memory that it was given last.
  const void* memory = nullptr;

  const OutputTensor& output(const std::string& name) const;
};

class ContextPool {
 public:
  /// @throws Error PROFILE_OUT_OF_RANGE where there is no such profile
  ContextPool(std::shared_ptr<EngineHolder> engine, int profile, const Stream& stream);

  const std::vector<TensorInfo>& inputs() const noexcept { return inputs_; }
  const InputRange& range(std::size_t input) const { return ranges_.at(input); }

  /// The context for these shapes, one for each input in the engine's order; the most recently used are kept.
  /// @throws Error PROFILE_OUT_OF_RANGE, DEVICE_OUT_OF_MEMORY, TENSORRT_FAILED
  std::shared_ptr<NetworkContext> forShapes(const std::vector<Dims>& shapes);
  /// One that is not kept: for profiling, which changes it.
  std::shared_ptr<NetworkContext> fresh(const std::vector<Dims>& shapes);

  /// Gives the context its activation memory; to be called before each use, since another one may have made it move.
  void provideMemory(NetworkContext& network);
  void setAddress(NetworkContext& network, const std::string& tensor, void* address);
  /// Gives memory of the pool's own to outputs that nobody asked for. @param wanted outputs with addresses
  void addressOthers(NetworkContext& network, const std::string& wanted);
  void enqueue(NetworkContext& network);

  /// Grows whenever memory moved that graphs may have captured.
  std::uint64_t generation() const noexcept { return generation_; }
  std::uint64_t deviceBytes() const noexcept;
  [[noreturn]] void fail(const std::string& doing);

 private:
  void measureMemory(NetworkContext& network);
  void describeOutputs(NetworkContext& network);

  std::shared_ptr<EngineHolder> engine_;
  const int profile_;
  const Stream& stream_;
  std::vector<TensorInfo> inputs_;
  std::vector<InputRange> ranges_;
  DeviceBuffer activations_{"the network's activations"};
  DeviceBuffer others_{"outputs that are not read"};
  std::list<std::shared_ptr<NetworkContext>> kept_;
  std::uint64_t generation_ = 0;
};

}  // namespace maskforge
