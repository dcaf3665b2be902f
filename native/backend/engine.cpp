#include "engine.h"

#include <algorithm>
#include <utility>

#include "engine_errors.h"
#include "maskforge/cuda_probe.h"
#include "maskforge/files.h"

namespace maskforge {
namespace {

std::string orEmpty(const char* text) { return text == nullptr ? "" : text; }

std::string inspect(nvinfer1::ICudaEngine& engine) {
  const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
  if (!inspector) return "";
  return orEmpty(inspector->getEngineInformation(nvinfer1::LayerInformationFormat::kJSON));
}

Profile describeProfile(const nvinfer1::ICudaEngine& engine, int32_t profile) {
  using Selector = nvinfer1::OptProfileSelector;
  Profile ranges;
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) != nvinfer1::TensorIOMode::kINPUT) continue;
    ranges.push_back({name, fromTrt(engine.getProfileShape(name, profile, Selector::kMIN)),
                      fromTrt(engine.getProfileShape(name, profile, Selector::kOPT)),
                      fromTrt(engine.getProfileShape(name, profile, Selector::kMAX))});
  }
  return ranges;
}

/// `weightBytes` is what opening the engine took on the device; later releases tell it exactly.
std::uint64_t weightBytes(const TrtApi& api, const nvinfer1::ICudaEngine& engine, std::uint64_t measured) {
  if (kFAMILY != Family::tensorrt10 || api.atLeast(10, 11)) {
    const int64_t told = engine.getEngineStat(nvinfer1::EngineStat::kTOTAL_WEIGHTS_SIZE);
    if (told > 0) return static_cast<std::uint64_t>(told);
  }
  return measured;
}

EngineInfo describeEngine(const TrtApi& api, const nvinfer1::ICudaEngine& engine, std::uint64_t measuredBytes) {
  EngineInfo info;
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    info.tensors.push_back({orEmpty(name), engine.getTensorIOMode(name) == nvinfer1::TensorIOMode::kINPUT,
                            fromTrt(engine.getTensorDataType(name)), fromTrt(engine.getTensorShape(name))});
  }
  for (int32_t i = 0; i < engine.getNbOptimizationProfiles(); ++i) info.profiles.push_back(describeProfile(engine, i));
  info.deviceBytes = static_cast<std::uint64_t>(std::max<int64_t>(0, engine.getDeviceMemorySizeV2()));
  info.weightBytes = weightBytes(api, engine, measuredBytes);
  info.layers = engine.getNbLayers();
  info.name = orEmpty(engine.getName());
  return info;
}

std::uint64_t freeDeviceMemory() {
  std::size_t free = 0, total = 0;
  checkCuda(cudaMemGetInfo(&free, &total), "asking for the free memory of the GPU");
  return free;
}

class TrtEngine final : public Engine {
 public:
  explicit TrtEngine(std::shared_ptr<EngineHolder> holder) : holder_(std::move(holder)) {}

  const EngineInfo& info() const override { return holder_->info(); }

  std::string layerInformation() override {
    const LogScope scope(holder_->log());
    const std::lock_guard<std::mutex> lock(holder_->mutex());
    checkCuda(cudaSetDevice(holder_->device()), "choosing the GPU");
    return inspect(holder_->engine());
  }

  std::unique_ptr<Session> createSession(const SessionOptions& options) override {
#if defined(MASKFORGE_NO_SESSION)
    (void)options;
    throw Error("SESSION_UNSUPPORTED", "This backend was built without sessions.");
#else
    return createTrtSession(holder_, options);
#endif
  }

 private:
  std::shared_ptr<EngineHolder> holder_;
};

}  // namespace

EngineHolder::EngineHolder(std::string path, int device, std::unique_ptr<nvinfer1::IRuntime> runtime,
                           std::unique_ptr<nvinfer1::ICudaEngine> engine, EngineInfo info, std::shared_ptr<LogSink> log)
    : path_(std::move(path)),
      device_(device),
      log_(std::move(log)),
      runtime_(std::move(runtime)),
      engine_(std::move(engine)),
      info_(std::move(info)) {}

EngineHolder::~EngineHolder() {
  // Freed from whichever thread let go last; CUDA frees on that thread's device.
  const LogScope scope(*log_);
  cudaSetDevice(device_);
  engine_.reset();
  runtime_.reset();
}

std::unique_ptr<Engine> openTrtEngine(const TrtApi& api, const std::string& path, int device,
                                      const std::function<void(const LogLine&)>& log) {
  const std::vector<std::uint8_t> plan = readFile(path, "FILE_READ_FAILED");
  checkPlan(plan, path, kFAMILY);
  requireDevice(device);
  const auto sink = std::make_shared<LogSink>(log, false);
  const LogScope scope(*sink);
  const std::uint64_t before = freeDeviceMemory();
  std::unique_ptr<nvinfer1::IRuntime> runtime(
      static_cast<nvinfer1::IRuntime*>(api.createRuntime(&Logger::instance(), NV_TENSORRT_VERSION)));
  if (!runtime) throw Error("ENGINE_OPEN_FAILED", "TensorRT gave no runtime for " + path + ".\n" + sink->errors());
  // Engines that carry a lean runtime are refused otherwise; whether a file is trusted is decided before it comes here.
  runtime->setEngineHostCodeAllowed(true);
  std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan.data(), plan.size()));
  if (!engine) {
    const std::string errors = sink->errors();
    throw Error(engineErrorCode(errors), path + " cannot be opened by TensorRT " + api.version() + ".\n" + errors);
  }
  const std::uint64_t after = freeDeviceMemory();
  EngineInfo info = describeEngine(api, *engine, before > after ? before - after : 0);
  return std::make_unique<TrtEngine>(std::make_shared<EngineHolder>(path, device, std::move(runtime), std::move(engine),
                                                                    std::move(info), sink));
}

void describeBuiltPlan(const TrtApi& api, const nvinfer1::IHostMemory& plan, const BuildRequest& request,
                       BuildResult& result) {
  // An engine for other devices (TensorRT for RTX) cannot be opened here; that is no fault, so nothing is logged.
  LogSink silent({}, false);
  const LogScope scope(silent);
  if (kFAMILY == Family::tensorrtRtx && probeCuda().devices.empty()) return;
  if (cudaSetDevice(request.device) != cudaSuccess) {
    cudaGetLastError();
    return;
  }
  const std::unique_ptr<nvinfer1::IRuntime> runtime(
      static_cast<nvinfer1::IRuntime*>(api.createRuntime(&Logger::instance(), NV_TENSORRT_VERSION)));
  if (!runtime) return;
  runtime->setEngineHostCodeAllowed(true);
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan.data(), plan.size()));
  if (!engine) return;
  result.layers = engine->getNbLayers();
  result.layerInformation = inspect(*engine);
}

}  // namespace maskforge
