// maskforge.node: what `src/runtimes/tensorrt/addon.ts` declares.
#include <dlfcn.h>
#include <napi.h>

#include "convert.h"
#include "environment.h"
#include "maskforge/library.h"
#include "objects.h"

namespace maskforge {
namespace {

/// A worker that ends unloads the addon with it; threads that are still at work would then run into nothing.
void stayLoaded() {
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&stayLoaded), &self) == 0 || self.dli_fname == nullptr) return;
  dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  return runAsync<CudaReport>(
      info.Env(), [] { return probeCuda(); },
      [](Napi::Env env, CudaReport& report) -> Napi::Value { return toJs(env, report); });
}

Napi::Value open(const Napi::CallbackInfo& info) {
  const Fields fields(info[0], "openLibrary: paths");
  const Family family = familyNamed(fields, "family");
  const std::string backend = fields.text("backend");
  const LibraryPaths paths{fields.text("runtime"), fields.text("parser")};
  return runAsync<std::shared_ptr<Backend>>(
      info.Env(),
      [family, backend, paths] {
        std::shared_ptr<Backend> opened = openLibrary(family, backend, paths);
        stopWorkAtExit();
        return opened;
      },
      [](Napi::Env env, std::shared_ptr<Backend>& opened) -> Napi::Value { return makeLibraryObject(env, opened); });
}

Napi::Value leave(const Napi::CallbackInfo& info) {
  leaveProcess(info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : 0);
  return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  stayLoaded();
  env.SetInstanceData(new Environment(env));
  exports.Set("version", MASKFORGE_VERSION);
  addMethod(exports, "probeCuda", probe);
  addMethod(exports, "openLibrary", open);
  addMethod(exports, "leave", leave);
  addJpegFunctions(exports);
#if defined(MASKFORGE_HOST_REFERENCE)
  addHostFunctions(env, exports);
#endif
  return exports;
}

}  // namespace

Napi::Promise rejected(Napi::Env env, const char* code, const std::string& message) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(makeError(env, code, message).Value());
  return deferred.Promise();
}

}  // namespace maskforge

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) { return maskforge::init(env, exports); }

}  // namespace

NODE_API_MODULE(maskforge, initialise)
