#include "environment.h"

#include <exception>
#include <new>
#include <stdexcept>

namespace maskforge {

Poster::Poster(Napi::Env env)
    : function_(Napi::ThreadSafeFunction::New(env, Napi::Function(), "maskforge", 0, 1)) {
  function_.Unref(env);
}

bool Poster::post(std::function<void(Napi::Env)> task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return false;
  auto* carried = new std::function<void(Napi::Env)>(std::move(task));
  const auto run = [](Napi::Env env, Napi::Function, std::function<void(Napi::Env)>* given) {
    const std::unique_ptr<std::function<void(Napi::Env)>> owned(given);
    if (static_cast<napi_env>(env) == nullptr) return;
    const Napi::HandleScope scope(env);
    (*owned)(env);
  };
  if (function_.NonBlockingCall(carried, run) == napi_ok) return true;
  delete carried;
  return false;
}

void Poster::retain(Napi::Env env) {
  if (retained_++ == 0) function_.Ref(env);
}

void Poster::release(Napi::Env env) {
  if (--retained_ == 0) function_.Unref(env);
}

void Poster::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  closed_ = true;
  function_.Abort();
}

Environment::Environment(Napi::Env env)
    : poster_(std::make_shared<Poster>(env)), group_(std::make_shared<WorkGroup>()) {
  // Set after the poster's own, so that it runs before it.
  napi_add_env_cleanup_hook(env, cleanUp, this);
}

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::cleanUp(void* self) {
  auto* environment = static_cast<Environment*>(self);
  // First nothing comes back any more, then what still runs is ended: it may be writing into buffers of JavaScript's.
  environment->poster_->close();
  environment->group_->stop();
}

Napi::Error makeError(Napi::Env env, const std::string& code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  return error;
}

Failure currentFailure() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "The memory of this machine does not suffice."};
  } catch (const std::exception& error) {
    return {"NATIVE_FAILED", error.what()};
  } catch (...) {
    return {"NATIVE_FAILED", "An unknown exception was thrown by the native code."};
  }
}

Settler::Settler(Napi::Env env) : deferred_(env), poster_(Environment::of(env).poster()) { poster_->retain(env); }

std::shared_ptr<Settler> Settler::make(Napi::Env env) { return std::shared_ptr<Settler>(new Settler(env)); }

void Settler::resolve(std::function<Napi::Value(Napi::Env)> convert) {
  poster_->post([self = shared_from_this(), convert = std::move(convert)](Napi::Env env) {
    self->settle(env, [&](Napi::Env js) { self->deferred_.Resolve(convert(js)); });
  });
}

void Settler::reject(Failure failure) {
  poster_->post([self = shared_from_this(), failure = std::move(failure)](Napi::Env env) {
    self->settle(env, [&](Napi::Env js) {
      self->deferred_.Reject(makeError(js, failure.code, failure.message).Value());
    });
  });
}

void Settler::rejectNow(Napi::Env env, const Napi::Value& reason) {
  settle(env, [&](Napi::Env) { deferred_.Reject(reason); });
}

void Settler::settle(Napi::Env env, const std::function<void(Napi::Env)>& settling) {
  if (settled_) return;
  // A hook may settle first, with an error of its own.
  const auto hooks = std::exchange(hooks_, {});
  for (const auto& hook : hooks) hook(env);
  if (settled_) return;
  settled_ = true;
  try {
    settling(env);
  } catch (const Napi::Error& error) {
    deferred_.Reject(error.Value());
  } catch (...) {
    const Failure failure = currentFailure();
    deferred_.Reject(makeError(env, failure.code, failure.message).Value());
  }
  poster_->release(env);
}

}  // namespace maskforge
