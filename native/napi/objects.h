// The objects that JavaScript holds. Each is a plain object whose methods own what they work on, so that no method can
// be called with a foreign `this`.
#pragma once

#include <napi.h>

#include <memory>

#include "maskforge/backend.h"

namespace maskforge {

Napi::Object makeLibraryObject(Napi::Env env, std::shared_ptr<Backend> backend);
Napi::Object makeEngineObject(Napi::Env env, std::unique_ptr<Engine> engine);
Napi::Object makeSessionObject(Napi::Env env, std::unique_ptr<Session> session, const SessionOptions& options);
void addJpegFunctions(Napi::Object exports);
#if defined(MASKFORGE_HOST_REFERENCE)
void addHostFunctions(Napi::Env env, Napi::Object exports);
#endif

/// Adds a method to an object under construction.
template <typename Callable>
void addMethod(Napi::Object object, const char* name, Callable callable) {
  object.Set(name, Napi::Function::New(object.Env(), std::move(callable), name));
}

/// A promise that is already rejected.
Napi::Promise rejected(Napi::Env env, const char* code, const std::string& message);

}  // namespace maskforge
