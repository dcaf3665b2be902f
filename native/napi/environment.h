// One JavaScript environment (the main thread, or a worker) that loaded the addon, and the work it has under way.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "maskforge/error.h"
#include "work.h"

namespace maskforge {

/// Brings closures to the environment's thread, from any thread and for as long as the environment lives.
class Poster {
 public:
  explicit Poster(Napi::Env env);
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  /// Any thread. @return false when the environment is going: then the task is dropped
  bool post(std::function<void(Napi::Env)> task);

  // The environment's own thread:
  /// While anything is retained, the process stays alive.
  void retain(Napi::Env env);
  void release(Napi::Env env);
  void close();

 private:
  std::mutex mutex_;
  bool closed_ = false;
  int retained_ = 0;
  Napi::ThreadSafeFunction function_;
};

class Environment {
 public:
  explicit Environment(Napi::Env env);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& of(Napi::Env env);

  const std::shared_ptr<Poster>& poster() const noexcept { return poster_; }
  /// Work of this environment that has to end before the environment may go.
  const std::shared_ptr<WorkGroup>& group() const noexcept { return group_; }

 private:
  static void cleanUp(void* self);

  std::shared_ptr<Poster> poster_;
  std::shared_ptr<WorkGroup> group_;
};

/// Keeps a JavaScript object alive until dropped on its environment's thread. The last owner may be another thread, and
/// the environment may be gone by then: then nothing is done, and the environment has freed the object itself.
class KeptObject {
 public:
  explicit KeptObject(const Napi::Object& object) : reference_(Napi::Persistent(object)) {
    reference_.SuppressDestruct();
  }
  KeptObject(const KeptObject&) = delete;
  KeptObject& operator=(const KeptObject&) = delete;

  Napi::Object value() const { return reference_.Value(); }
  void drop() { reference_.Reset(); }

 private:
  Napi::ObjectReference reference_;
};
using Kept = std::shared_ptr<KeptObject>;
inline Kept keep(const Napi::Object& object) { return std::make_shared<KeptObject>(object); }

/// An Error with a `code`.
Napi::Error makeError(Napi::Env env, const std::string& code, const std::string& message);

/// A failure on its way from a worker thread.
struct Failure {
  std::string code, message;
};
/// Call inside a catch block: what was thrown there.
Failure currentFailure() noexcept;

/// A promise that is settled from another thread, at most once.
class Settler : public std::enable_shared_from_this<Settler> {
 public:
  /// Keeps the process alive until settled.
  static std::shared_ptr<Settler> make(Napi::Env env);

  Napi::Promise promise() const { return deferred_.Promise(); }
  /// Any thread. `convert` runs on the environment's thread; what it throws rejects.
  void resolve(std::function<Napi::Value(Napi::Env)> convert);
  void reject(Failure failure);
  /// Run on the environment's thread just before the promise is settled.
  void onSettle(std::function<void(Napi::Env)> hook) { hooks_.push_back(std::move(hook)); }

  // The environment's thread:
  void rejectNow(Napi::Env env, const Napi::Value& reason);

 private:
  explicit Settler(Napi::Env env);
  void settle(Napi::Env env, const std::function<void(Napi::Env)>& settling);

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Poster> poster_;
  std::vector<std::function<void(Napi::Env)>> hooks_;
  bool settled_ = false;
};

/// Runs `work` on a thread of its own; the promise resolves to what `convert` makes of its result on the environment's.
template <typename Result>
Napi::Promise runAsync(Napi::Env env, std::function<Result()> work,
                       std::function<Napi::Value(Napi::Env, Result&)> convert) {
  const std::shared_ptr<Settler> settler = Settler::make(env);
  const Napi::Promise promise = settler->promise();
  Environment::of(env).group()->start([settler, work = std::move(work), convert = std::move(convert)] {
    try {
      const auto result = std::make_shared<Result>(work());
      settler->resolve([result, convert](Napi::Env js) { return convert(js, *result); });
    } catch (...) {
      settler->reject(currentFailure());
    }
  });
  return promise;
}

}  // namespace maskforge
