#include <mutex>
#include <utility>

#include "convert.h"
#include "environment.h"
#include "objects.h"

namespace maskforge {
namespace {

/// An engine until it is closed. Freed on a thread of its own: giving back device memory takes a while.
class OpenEngine {
 public:
  OpenEngine(std::unique_ptr<Engine> engine, std::shared_ptr<WorkGroup> group)
      : group_(std::move(group)), engine_(std::move(engine)) {}
  OpenEngine(const OpenEngine&) = delete;
  OpenEngine& operator=(const OpenEngine&) = delete;

  ~OpenEngine() {
    if (!engine_) return;
    try {
      group_->start([engine = engine_]() mutable { engine.reset(); });
      engine_.reset();
    } catch (...) {
      // No thread to be had: then here.
    }
  }

  /// Null once closed.
  std::shared_ptr<Engine> engine() const { return engine_; }
  std::shared_ptr<Engine> take() { return std::exchange(engine_, nullptr); }

 private:
  std::shared_ptr<WorkGroup> group_;
  std::shared_ptr<Engine> engine_;
};

Napi::Promise closedAlready(Napi::Env env) { return rejected(env, "ENGINE_CLOSED", "The engine is closed."); }

Napi::Value layerInformation(const std::shared_ptr<OpenEngine>& open, const Napi::CallbackInfo& info) {
  const std::shared_ptr<Engine> engine = open->engine();
  if (!engine) return closedAlready(info.Env());
  return runAsync<std::string>(
      info.Env(), [engine] { return engine->layerInformation(); },
      [](Napi::Env env, std::string& text) -> Napi::Value { return Napi::String::New(env, text); });
}

Napi::Value createSession(const std::shared_ptr<OpenEngine>& open, const Napi::CallbackInfo& info) {
  SessionOptions options = toSessionOptions(info[0]);
  const std::shared_ptr<Engine> engine = open->engine();
  if (!engine) return closedAlready(info.Env());
  // JavaScript's thread sleeps until the masks are there. A core that has slept for milliseconds takes a tenth of one to
  // come back; having been woken by this, which does nothing, it answers the true call at once.
  options.soon = [poster = Environment::of(info.Env()).poster()] { poster->post([](Napi::Env) {}); };
  return runAsync<std::unique_ptr<Session>>(
      info.Env(), [engine, options] { return engine->createSession(options); },
      [options](Napi::Env env, std::unique_ptr<Session>& session) -> Napi::Value {
        return makeSessionObject(env, std::move(session), options);
      });
}

Napi::Value close(const std::shared_ptr<OpenEngine>& open, const Napi::CallbackInfo& info) {
  return runAsync<bool>(
      info.Env(),
      [engine = open->take()]() mutable {
        engine.reset();
        return true;
      },
      [](Napi::Env env, bool&) -> Napi::Value { return env.Undefined(); });
}

}  // namespace

Napi::Object makeEngineObject(Napi::Env env, std::unique_ptr<Engine> engine) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("info", toJs(env, engine->info()));
  const auto open = std::make_shared<OpenEngine>(std::move(engine), Environment::of(env).group());
  addMethod(object, "layerInformation",
            [open](const Napi::CallbackInfo& info) { return layerInformation(open, info); });
  addMethod(object, "createSession", [open](const Napi::CallbackInfo& info) { return createSession(open, info); });
  addMethod(object, "close", [open](const Napi::CallbackInfo& info) { return close(open, info); });
  return object;
}

}  // namespace maskforge
