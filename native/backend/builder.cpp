#include "builder.h"

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "engine.h"
#include "engine_errors.h"
#include "maskforge/files.h"
#include "maskforge/library.h"
#include "network.h"
#include "profiles.h"
#include "progress.h"
#include "timing_cache.h"

namespace maskforge {
namespace {

constexpr const char* kPARSING = "Parsing ONNX";
constexpr const char* kWRITING = "Writing the engine";

void requireSupported(bool supported, const std::string& option) {
  if (supported) return;
  throw Error("BUILD_OPTION_UNSUPPORTED", std::string(familyName(kFAMILY)) + " does not know " + option + ".");
}

void checkOptions(const TrtApi& api, const BuildRequest& request) {
  const bool rtx = kFAMILY == Family::tensorrtRtx;
  requireSupported(kFAMILY == Family::tensorrt10 || request.typing == Typing::strong,
                   "precision as a builder flag; it is written into the graph instead");
  requireSupported(!rtx || request.hardwareCompatibility == HardwareCompatibility::none,
                   "hardware compatibility; name the compute capabilities instead");
  requireSupported(rtx || request.computeCapabilities.empty(), "compute capabilities to build for");
  // This level came after 10.6.
  requireSupported(kFAMILY != Family::tensorrt10 || api.atLeast(10, 9) ||
                       request.hardwareCompatibility != HardwareCompatibility::sameComputeCapability,
                   "compatibility with the same compute capability in version " + api.version());
}

nvinfer1::NetworkDefinitionCreationFlags networkFlags(const BuildRequest& request) {
#if defined(MASKFORGE_FAMILY_10)
  if (request.typing == Typing::strong) {
    return 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
  }
#else
  // Every network is strongly typed here.
  (void)request;
#endif
  return 0;
}

void setComputeCapabilities(nvinfer1::IBuilderConfig& config, const std::vector<int>& wanted) {
#if defined(MASKFORGE_FAMILY_RTX)
  if (wanted.empty()) return;
  bool taken = config.setNbComputeCapabilities(static_cast<int32_t>(wanted.size()));
  for (std::size_t i = 0; taken && i < wanted.size(); ++i) {
    const auto capability = static_cast<nvinfer1::ComputeCapability>(wanted[i]);
    taken = config.setComputeCapability(capability, static_cast<int32_t>(i));
    requireSupported(taken, "compute capability " + std::to_string(wanted[i]));
  }
  requireSupported(taken, "so many compute capabilities");
#else
  (void)config;
  (void)wanted;
#endif
}

void configure(nvinfer1::IBuilderConfig& config, const BuildRequest& request) {
  config.setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
  // On by default.
  if (!request.tf32) config.clearFlag(nvinfer1::BuilderFlag::kTF32);
#if defined(MASKFORGE_FAMILY_10)
  if (request.typing == Typing::fp16Flag) config.setFlag(nvinfer1::BuilderFlag::kFP16);
#endif
  if (request.versionCompatible) config.setFlag(nvinfer1::BuilderFlag::kVERSION_COMPATIBLE);
  if (!request.useTimingCache) config.setFlag(nvinfer1::BuilderFlag::kDISABLE_TIMING_CACHE);
  if (request.workspaceBytes > 0) {
    config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, request.workspaceBytes);
  }
  if (request.optimizationLevel >= 0) config.setBuilderOptimizationLevel(request.optimizationLevel);
  switch (request.hardwareCompatibility) {
    case HardwareCompatibility::amperePlus:
      config.setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
      break;
    case HardwareCompatibility::sameComputeCapability:
      config.setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kSAME_COMPUTE_CAPABILITY);
      break;
    case HardwareCompatibility::none: break;
  }
  setComputeCapabilities(config, request.computeCapabilities);
}

/// One build's objects, in the order in which they may go (last first).
class Build {
 public:
  Build(const TrtApi& api, const BuildRequest& request, const BuildObserver& observer)
      : api_(api), request_(request), log_(observer.log, request.verbose), scope_(log_), progress_(observer) {}

  BuildResult run() {
    const auto start = std::chrono::steady_clock::now();
    createNetwork();
    BuildResult result;
    result.tensors = networkTensors(*network_);
    result.layers = network_->getNbLayers();
    if (!request_.parseOnly) compile(result);
    result.warnings = log_.warnings();
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) {
    if (progress_.cancelled()) throw Error("CANCELLED", "The build was cancelled.");
    const std::string errors = log_.errors();
    throw Error(buildErrorCode(errors), what + (errors.empty() ? "" : "\n" + errors));
  }

  void createNetwork() {
    builder_.reset(static_cast<nvinfer1::IBuilder*>(api_.createBuilder(&Logger::instance(), NV_TENSORRT_VERSION)));
    if (!builder_) fail("TensorRT gave no builder.");
    network_.reset(builder_->createNetworkV2(networkFlags(request_)));
    if (!network_) fail("TensorRT gave no network.");
    progress_.phaseStart(kPARSING, "", 1);
    progress_.throwIfCancelled(kPARSING);
    parser_ = parseOnnx(api_, request_, *network_, log_);
    progress_.phaseFinish(kPARSING);
  }

  void compile(BuildResult& result) {
    config_.reset(builder_->createBuilderConfig());
    if (!config_) fail("TensorRT gave no builder configuration.");
    configure(*config_, request_);
    addProfiles(*builder_, *config_, *network_, request_.profiles);
    if (request_.useTimingCache) cache_ = attachTimingCache(*config_, request_.timingCache, api_, log_);
    config_->setProgressMonitor(&progress_);
    const std::unique_ptr<nvinfer1::IHostMemory> plan(builder_->buildSerializedNetwork(*network_, *config_));
    if (!plan || plan->size() == 0 || progress_.cancelled()) {
      fail("TensorRT could not build an engine from " + request_.onnxPath + ".");
    }
    progress_.phaseStart(kWRITING, "", 1);
    progress_.throwIfCancelled(kWRITING);
    result.engineBytes = plan->size();
    if (request_.useTimingCache) result.timingCache = collectTimingCache(*config_, api_);
    describeBuiltPlan(api_, *plan, request_, result);
    writeFileDurably(request_.enginePath, plan->data(), plan->size());
    progress_.phaseFinish(kWRITING);
  }

  const TrtApi& api_;
  const BuildRequest& request_;
  LogSink log_;
  LogScope scope_;
  Progress progress_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
  std::unique_ptr<nvinfer1::IBuilder> builder_;
  std::unique_ptr<nvinfer1::INetworkDefinition> network_;
  std::unique_ptr<nvonnxparser::IParser> parser_;
  std::unique_ptr<nvinfer1::IBuilderConfig> config_;
};

}  // namespace

BuildResult buildEngine(const TrtApi& api, const BuildRequest& request, const BuildObserver& observer) {
  checkOptions(api, request);
  if (!request.parseOnly && request.enginePath.empty()) {
    throw Error("BUILD_OPTION_UNSUPPORTED", "No path for the engine was given.");
  }
  if (kFAMILY != Family::tensorrtRtx) requireDevice(request.device);
  return Build(api, request, observer).run();
}

}  // namespace maskforge
