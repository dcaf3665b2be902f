// Calls plugin libraries as TensorRT does, without TensorRT: opened at run time, asked for creators, handed a logger.
#pragma once

#include <dlfcn.h>

#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugin-headers.h"

namespace maskforge::testing {

class Library {
 public:
  explicit Library(const char* path) : handle_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) throw std::runtime_error(dlerror());
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  // Stays open: objects made by it may outlive it.

  template <typename Function>
  Function symbol(const char* name) const {
    void* address = dlsym(handle_, name);
    if (address == nullptr) throw std::runtime_error(std::string("no symbol ") + name);
    return reinterpret_cast<Function>(address);
  }

  std::vector<nvinfer1::IPluginCreatorV3One*> creators() const {
    std::int32_t count = -1;
    auto* const* found = symbol<nvinfer1::IPluginCreatorInterface* const* (*)(std::int32_t&)>("getCreators")(count);
    std::vector<nvinfer1::IPluginCreatorV3One*> result;
    for (std::int32_t i = 0; i < count; ++i) result.push_back(static_cast<nvinfer1::IPluginCreatorV3One*>(found[i]));
    return result;
  }

  nvinfer1::IPluginCreatorV3One* creator(const std::string& name) const {
    for (auto* each : creators()) {
      if (each->getPluginName() == name) return each;
    }
    throw std::runtime_error("no creator " + name);
  }

  void setLoggerFinder(nvinfer1::ILoggerFinder* finder) const {
    symbol<void (*)(nvinfer1::ILoggerFinder*)>("setLoggerFinder")(finder);
  }

 private:
  void* handle_;
};

/// Keeps what is logged.
class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity, const char* message) noexcept override { text += std::string(message) + "\n"; }
  std::string text;
};

class LoggerFinder final : public nvinfer1::ILoggerFinder {
 public:
  explicit LoggerFinder(nvinfer1::ILogger& logger) : logger_(logger) {}
  nvinfer1::ILogger* findLogger() override { return &logger_; }

 private:
  nvinfer1::ILogger& logger_;
};

/// A size as TensorRT hands it to getOutputShapes: a number, or -1 for one that is not known yet.
class Size final : public nvinfer1::IDimensionExpr {
 public:
  explicit Size(std::int64_t value) : number_(value) { mImpl = &number_; }
  ~Size() noexcept override = default;

 private:
  class Number final : public nvinfer1::apiv::VDimensionExpr {
   public:
    explicit Number(std::int64_t value) : value_(value) {}
    bool isConstant() const noexcept override { return value_ >= 0; }
    std::int64_t getConstantValue() const noexcept override { return value_; }
    bool isSizeTensor() const noexcept override { return false; }

   private:
    std::int64_t value_;
  };
  Number number_;
};

class Shapes {
 public:
  nvinfer1::DimsExprs add(const std::vector<std::int64_t>& sizes) {
    nvinfer1::DimsExprs dims{};
    dims.nbDims = static_cast<std::int32_t>(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) dims.d[i] = &sizes_.emplace_back(sizes[i]);
    return dims;
  }

 private:
  std::deque<Size> sizes_;
};

/// Every operation gives an unknown size.
class NoBuilder final : public nvinfer1::IExprBuilder {
 public:
  ~NoBuilder() noexcept override = default;
};

inline nvinfer1::Dims dims(const std::vector<std::int64_t>& sizes) {
  nvinfer1::Dims result{};
  result.nbDims = static_cast<std::int32_t>(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) result.d[i] = sizes[i];
  return result;
}

inline nvinfer1::DynamicPluginTensorDesc tensor(nvinfer1::DataType type, const std::vector<std::int64_t>& sizes,
                                                nvinfer1::TensorFormat format = nvinfer1::TensorFormat::kLINEAR) {
  nvinfer1::DynamicPluginTensorDesc result{};
  result.desc.dims = dims(sizes);
  result.desc.type = type;
  result.desc.format = format;
  result.min = result.opt = result.max = result.desc.dims;
  return result;
}

struct Plugin {
  explicit Plugin(nvinfer1::IPluginV3* made) : whole(made) {
    if (made == nullptr) throw std::runtime_error("no plugin was made");
    using nvinfer1::PluginCapabilityType;
    core = static_cast<nvinfer1::IPluginV3OneCore*>(made->getCapabilityInterface(PluginCapabilityType::kCORE));
    build = static_cast<nvinfer1::IPluginV3OneBuild*>(made->getCapabilityInterface(PluginCapabilityType::kBUILD));
    runtime = static_cast<nvinfer1::IPluginV3OneRuntime*>(made->getCapabilityInterface(PluginCapabilityType::kRUNTIME));
  }

  std::int32_t outputShapes(const std::vector<std::vector<std::int64_t>>& inputs,
                            std::vector<nvinfer1::DimsExprs>& out) {
    std::vector<nvinfer1::DimsExprs> in;
    for (const auto& sizes : inputs) in.push_back(shapes_.add(sizes));
    out.assign(static_cast<std::size_t>(build->getNbOutputs()), nvinfer1::DimsExprs{});
    NoBuilder builder;
    return build->getOutputShapes(in.data(), static_cast<std::int32_t>(in.size()), nullptr, 0, out.data(),
                                  static_cast<std::int32_t>(out.size()), builder);
  }

  std::unique_ptr<nvinfer1::IPluginV3> whole;
  nvinfer1::IPluginV3OneCore* core;
  nvinfer1::IPluginV3OneBuild* build;
  nvinfer1::IPluginV3OneRuntime* runtime;

 private:
  Shapes shapes_;
};

}  // namespace maskforge::testing
