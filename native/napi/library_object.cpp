#include <utility>

#include "build_job.h"
#include "convert.h"
#include "environment.h"
#include "objects.h"

namespace maskforge {
namespace {

/// Log lines on their way to a listener, which may throw: then it is not asked again.
class LogListener : public std::enable_shared_from_this<LogListener> {
 public:
  LogListener(Napi::Env env, const Napi::Function& callback)
      : poster_(Environment::of(env).poster()), callback_(keep(callback)) {}
  ~LogListener() {
    poster_->post([callback = callback_](Napi::Env) { callback->drop(); });
  }
  LogListener(const LogListener&) = delete;
  LogListener& operator=(const LogListener&) = delete;

  void write(const LogLine& line) {
    poster_->post([self = shared_from_this(), line](Napi::Env env) { self->tell(env, line); });
  }

 private:
  void tell(Napi::Env env, const LogLine& line) {
    if (failed_) return;
    try {
      callback_->value().As<Napi::Function>().Call({toJs(env, line)});
    } catch (const Napi::Error&) {
      failed_ = true;
    }
  }

  std::shared_ptr<Poster> poster_;
  Kept callback_;
  bool failed_ = false;
};

/// The listener lives as long as the engine may speak; the engine's thread lets go of it, JavaScript's thread frees it.
std::function<void(const LogLine&)> toLog(Napi::Env env, const Fields& options) {
  if (!options.has("onLog")) return {};
  const Napi::Value callback = options.value("onLog");
  if (!callback.IsFunction()) options.refuse("onLog", "a function");
  return [listener = std::make_shared<LogListener>(env, callback.As<Napi::Function>())](const LogLine& line) {
    listener->write(line);
  };
}

Napi::Value openEngine(const std::shared_ptr<Backend>& backend, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString()) throw typeError(env, "openEngine: path", "a string");
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  const Fields options(info[1], "openEngine: options");
  const int device = static_cast<int>(options.integer("device", 0, 1023));
  const auto log = toLog(env, options);
  return runAsync<std::unique_ptr<Engine>>(
      env, [backend, path, device, log] { return backend->openEngine(path, device, log); },
      [](Napi::Env js, std::unique_ptr<Engine>& engine) -> Napi::Value {
        return makeEngineObject(js, std::move(engine));
      });
}

Napi::Value loadPlugins(const std::shared_ptr<Backend>& backend, const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw typeError(info.Env(), "loadPlugins: path", "a string");
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  return runAsync<bool>(
      info.Env(),
      [backend, path] {
        backend->loadPlugins(path);
        return true;
      },
      [](Napi::Env env, bool&) -> Napi::Value { return env.Undefined(); });
}

Napi::Value pluginCreators(const std::shared_ptr<Backend>& backend, const Napi::CallbackInfo& info) {
  return runAsync<std::vector<PluginCreator>>(
      info.Env(), [backend] { return backend->pluginCreators(); },
      [](Napi::Env env, std::vector<PluginCreator>& creators) -> Napi::Value { return toJs(env, creators); });
}

}  // namespace

Napi::Object makeLibraryObject(Napi::Env env, std::shared_ptr<Backend> backend) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("family", nameOf(backend->family()));
  object.Set("version", backend->version());
  object.Set("buildsWithoutDevice", backend->buildsWithoutDevice());
  addMethod(object, "loadPlugins", [backend](const Napi::CallbackInfo& info) { return loadPlugins(backend, info); });
  addMethod(object, "pluginCreators",
            [backend](const Napi::CallbackInfo& info) { return pluginCreators(backend, info); });
  addMethod(object, "build", [backend](const Napi::CallbackInfo& info) { return startBuild(backend, info); });
  addMethod(object, "openEngine", [backend](const Napi::CallbackInfo& info) { return openEngine(backend, info); });
  return object;
}

}  // namespace maskforge
