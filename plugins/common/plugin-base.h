// What all our plugins have in common: one object with the three capabilities of IPluginV3, linear formats, no
// workspace, no tactics. A plugin adds its fields, its shapes, its types and its kernel.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstdint>
#include <vector>

#include "plugin-headers.h"
#include "plugin-log.h"

namespace maskforge {

/// The domain of our operators in ONNX is the namespace of their plugins.
constexpr const char* kNAMESPACE = "maskforge";
constexpr const char* kVERSION = "1";

/// What the callbacks answer when something does not fit.
constexpr std::int32_t kREFUSED = -1;

/// Of the current device; 0 where there is none. Launches then assume a small one.
inline int multiprocessorsOfDevice() noexcept {
  int device = 0, count = 0;
  if (cudaGetDevice(&device) != cudaSuccess) return 0;
  return cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device) == cudaSuccess ? count : 0;
}

class PluginBase : public nvinfer1::IPluginV3,
                   public nvinfer1::IPluginV3OneCore,
                   public nvinfer1::IPluginV3OneBuild,
                   public nvinfer1::IPluginV3OneRuntime {
 public:
  nvinfer1::IPluginCapability* getCapabilityInterface(nvinfer1::PluginCapabilityType type) noexcept override {
    switch (type) {
      case nvinfer1::PluginCapabilityType::kCORE: return static_cast<nvinfer1::IPluginV3OneCore*>(this);
      case nvinfer1::PluginCapabilityType::kBUILD: return static_cast<nvinfer1::IPluginV3OneBuild*>(this);
      case nvinfer1::PluginCapabilityType::kRUNTIME: return static_cast<nvinfer1::IPluginV3OneRuntime*>(this);
    }
    return nullptr;
  }

  const char* getPluginVersion() const noexcept override { return kVERSION; }
  const char* getPluginNamespace() const noexcept override { return kNAMESPACE; }

  /// Without an identifier TensorRT would time the plugin anew in each build.
  const char* getTimingCacheID() noexcept override { return "only tactic"; }

  /// Each execution context gets a plugin of its own; a plugin holds no device memory and no state between calls.
  nvinfer1::IPluginV3* attachToContext(nvinfer1::IPluginResourceContext*) noexcept override { return clone(); }
};

/// A creator that makes plugins by a function. `fields` names what ONNX attributes it reads.
class Creator : public nvinfer1::IPluginCreatorV3One {
 public:
  using Make = nvinfer1::IPluginV3* (*)(const nvinfer1::PluginFieldCollection* fields);

  /// @param make throws std::exception for fields that do not fit
  Creator(const char* name, std::vector<nvinfer1::PluginField> fields, Make make)
      : name_(name), fields_(std::move(fields)), make_(make) {
    collection_.nbFields = static_cast<std::int32_t>(fields_.size());
    collection_.fields = fields_.data();
  }

  nvinfer1::IPluginV3* createPlugin(const char*, const nvinfer1::PluginFieldCollection* fields,
                                    nvinfer1::TensorRTPhase) noexcept override {
    return guarded<nvinfer1::IPluginV3*>(name_, nullptr, [&] { return make_(fields); });
  }

  const nvinfer1::PluginFieldCollection* getFieldNames() noexcept override { return &collection_; }
  const char* getPluginName() const noexcept override { return name_; }
  const char* getPluginVersion() const noexcept override { return kVERSION; }
  const char* getPluginNamespace() const noexcept override { return kNAMESPACE; }

 private:
  const char* name_;
  std::vector<nvinfer1::PluginField> fields_;
  Make make_;
  nvinfer1::PluginFieldCollection collection_{};
};

}  // namespace maskforge
