#include <cstring>

#include "convert.h"

namespace maskforge {
namespace {

constexpr std::int64_t kLARGEST = (std::int64_t{1} << 53) - 1;

Profile toProfile(const Napi::Value& value, const std::string& where) {
  if (!value.IsArray()) throw typeError(value.Env(), where, "an array of shape ranges");
  const auto ranges = value.As<Napi::Array>();
  Profile profile;
  for (std::uint32_t i = 0; i < ranges.Length(); ++i) {
    const Fields fields(ranges.Get(i), where + "[" + std::to_string(i) + "]");
    profile.push_back({fields.text("name"), fields.integers("min"), fields.integers("opt"), fields.integers("max")});
  }
  return profile;
}

Napi::Array tensorsToJs(Napi::Env env, const std::vector<TensorInfo>& tensors) {
  Napi::Array array = Napi::Array::New(env, tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", tensors[i].name);
    object.Set("isInput", tensors[i].isInput);
    object.Set("type", nameOf(tensors[i].type));
    object.Set("dims", toJs(env, tensors[i].dims));
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

Napi::Object deviceToJs(Napi::Env env, const CudaDevice& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("index", device.index);
  object.Set("name", device.name);
  object.Set("computeCapability", device.computeCapability);
  object.Set("totalMemory", static_cast<double>(device.totalMemory));
  object.Set("freeMemory", static_cast<double>(device.freeMemory));
  object.Set("uuid", device.uuid);
  object.Set("multiprocessors", device.multiprocessors);
  return object;
}

Napi::Array profileToJs(Napi::Env env, const Profile& profile) {
  Napi::Array array = Napi::Array::New(env, profile.size());
  for (std::size_t i = 0; i < profile.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", profile[i].name);
    object.Set("min", toJs(env, profile[i].min));
    object.Set("opt", toJs(env, profile[i].opt));
    object.Set("max", toJs(env, profile[i].max));
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

}  // namespace

BuildRequest toBuildRequest(const Napi::Value& value) {
  const Fields fields(value, "build: request");
  BuildRequest request;
  request.onnxPath = fields.text("onnxPath");
  const Napi::Array profiles = fields.list("profiles");
  for (std::uint32_t i = 0; i < profiles.Length(); ++i) {
    request.profiles.push_back(toProfile(profiles.Get(i), fields.at("profiles") + "[" + std::to_string(i) + "]"));
  }
  request.typing = static_cast<Typing>(fields.choice("typing", {"strong", "fp16-flag"}, 0));
  request.tf32 = fields.flag("tf32", false);
  request.workspaceBytes = static_cast<std::uint64_t>(fields.integer("workspaceBytes", 0, kLARGEST, 0));
  request.optimizationLevel = static_cast<int>(fields.integer("optimizationLevel", -1, 5, -1));
  request.versionCompatible = fields.flag("versionCompatible", false);
  request.hardwareCompatibility = static_cast<HardwareCompatibility>(
      fields.choice("hardwareCompatibility", {"none", "ampere-plus", "same-compute-capability"}, 0));
  request.useTimingCache = fields.flag("useTimingCache", true);
  request.device = static_cast<int>(fields.integer("device", 0, 1023, 0));
  if (fields.has("computeCapabilities")) {
    for (const std::int64_t capability : fields.integers("computeCapabilities")) {
      request.computeCapabilities.push_back(static_cast<int>(capability));
    }
  }
  request.enginePath = fields.text("enginePath");
  request.parseOnly = fields.flag("parseOnly", false);
  request.verbose = fields.flag("verbose", false);
  return request;
}

Napi::Object toJs(Napi::Env env, const CudaReport& report) {
  Napi::Object object = Napi::Object::New(env);
  const Napi::Value none = env.Null();
  object.Set("driverLibrary", report.driverLibrary.empty() ? none : Napi::String::New(env, report.driverLibrary));
  object.Set("cudaVersion", report.cudaVersion == 0 ? none : Napi::Number::New(env, report.cudaVersion));
  Napi::Array devices = Napi::Array::New(env, report.devices.size());
  for (std::size_t i = 0; i < report.devices.size(); ++i) {
    devices.Set(static_cast<std::uint32_t>(i), deviceToJs(env, report.devices[i]));
  }
  object.Set("devices", devices);
  object.Set("reason", report.reason);
  return object;
}

Napi::Object toJs(Napi::Env env, const LogLine& line) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("severity", nameOf(line.severity));
  object.Set("text", line.text);
  return object;
}

Napi::Object toJs(Napi::Env env, const BuildResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("engineBytes", static_cast<double>(result.engineBytes));
  object.Set("seconds", result.seconds);
  object.Set("layers", result.layers);
  object.Set("tensors", tensorsToJs(env, result.tensors));
  object.Set("timingCache", toJs(env, result.timingCache));
  object.Set("layerInformation", result.layerInformation);
  Napi::Array warnings = Napi::Array::New(env, result.warnings.size());
  for (std::size_t i = 0; i < result.warnings.size(); ++i) {
    warnings.Set(static_cast<std::uint32_t>(i), toJs(env, result.warnings[i]));
  }
  object.Set("warnings", warnings);
  return object;
}

Napi::Object toJs(Napi::Env env, const EngineInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("tensors", tensorsToJs(env, info.tensors));
  Napi::Array profiles = Napi::Array::New(env, info.profiles.size());
  for (std::size_t i = 0; i < info.profiles.size(); ++i) {
    profiles.Set(static_cast<std::uint32_t>(i), profileToJs(env, info.profiles[i]));
  }
  object.Set("profiles", profiles);
  object.Set("deviceBytes", static_cast<double>(info.deviceBytes));
  object.Set("weightBytes", static_cast<double>(info.weightBytes));
  object.Set("layers", info.layers);
  object.Set("name", info.name);
  return object;
}

Napi::Array toJs(Napi::Env env, const std::vector<PluginCreator>& creators) {
  Napi::Array array = Napi::Array::New(env, creators.size());
  for (std::size_t i = 0; i < creators.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", creators[i].name);
    object.Set("version", creators[i].version);
    object.Set("namespace", creators[i].nameSpace);
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

Napi::Array toJs(Napi::Env env, const Dims& dims) {
  Napi::Array array = Napi::Array::New(env, dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    array.Set(static_cast<std::uint32_t>(i), static_cast<double>(dims[i]));
  }
  return array;
}

Napi::Uint8Array toJs(Napi::Env env, const std::vector<std::uint8_t>& bytes) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

}  // namespace maskforge
