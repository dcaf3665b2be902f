// JavaScript values to the core's and back. What has the wrong type throws a TypeError that names the argument.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "maskforge/backend.h"
#include "maskforge/cuda_probe.h"
#include "maskforge/session.h"

namespace maskforge {

/// An object of JavaScript's whose fields are read by name, with one way to complain.
class Fields {
 public:
  /// @param where such as `build: request`
  Fields(const Napi::Value& value, std::string where);

  bool has(const char* name) const;
  std::string text(const char* name) const;
  bool flag(const char* name, std::optional<bool> otherwise = std::nullopt) const;
  double number(const char* name, std::optional<double> otherwise = std::nullopt) const;
  std::int64_t integer(const char* name, std::int64_t least, std::int64_t most,
                       std::optional<std::int64_t> otherwise = std::nullopt) const;
  Napi::Uint8Array bytes(const char* name) const;
  std::vector<std::uint8_t> copiedBytes(const char* name) const;
  Napi::Array list(const char* name) const;
  std::vector<std::int64_t> integers(const char* name) const;
  Fields object(const char* name) const;
  Napi::Value value(const char* name) const { return get(name); }
  /// The index of the text among `choices`.
  std::size_t choice(const char* name, const std::vector<const char*>& choices,
                     std::optional<std::size_t> otherwise = std::nullopt) const;
  std::string at(const char* name) const { return where_ + "." + name; }
  [[noreturn]] void refuse(const char* name, const std::string& expected) const;

 private:
  Napi::Value get(const char* name) const;

  Napi::Object object_;
  std::string where_;
};

Napi::TypeError typeError(Napi::Env env, const std::string& where, const std::string& expected);
std::vector<std::int64_t> toIntegers(const Napi::Value& value, const std::string& where);

DataType dataTypeNamed(const Fields& fields, const char* name);
const char* nameOf(DataType type) noexcept;
const char* nameOf(Severity severity) noexcept;
const char* nameOf(Family family) noexcept;

// convert_build.cpp
Family familyNamed(const Fields& fields, const char* name);
/// Without `onnxBytes` and `timingCache`, which stay where they are until the building thread copies them.
BuildRequest toBuildRequest(const Napi::Value& value);
Napi::Object toJs(Napi::Env env, const CudaReport& report);
Napi::Object toJs(Napi::Env env, const LogLine& line);
Napi::Object toJs(Napi::Env env, const BuildResult& result);
Napi::Object toJs(Napi::Env env, const EngineInfo& info);
Napi::Array toJs(Napi::Env env, const std::vector<PluginCreator>& creators);
Napi::Array toJs(Napi::Env env, const Dims& dims);
Napi::Uint8Array toJs(Napi::Env env, const std::vector<std::uint8_t>& bytes);

// convert_session.cpp
SessionOptions toSessionOptions(const Napi::Value& value);
Normalisation toNormalisation(const Fields& fields);
Placement toPlacement(const Fields& fields);
/// Points into the array, which is checked to be as long as the frame needs.
Frame toFrame(const Fields& fields);
BenchOptions toBenchOptions(const Napi::Value& value);
/// The tensors without their bytes, which stay in `sources` until the session's thread copies them.
std::vector<HostTensor> toHostTensors(const Napi::Value& value, std::vector<Napi::Uint8Array>& sources);
Napi::Object toJs(Napi::Env env, const StageTimes& times);
Napi::Object toJs(Napi::Env env, const BenchSamples& samples);
Napi::Array toJs(Napi::Env env, const std::vector<LayerTime>& times);
Napi::Array toJs(Napi::Env env, const std::vector<HostTensor>& tensors);

}  // namespace maskforge
