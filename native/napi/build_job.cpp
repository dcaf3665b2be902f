#include "build_job.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "convert.h"
#include "environment.h"
#include "objects.h"

namespace maskforge {
namespace {

using Clock = std::chrono::steady_clock;
/// Steps of one phase come at most so often; there can be thousands in a second.
constexpr std::chrono::milliseconds kSTEP_INTERVAL{50};
/// How long a build may take to notice that it was cancelled, before it is left to end by itself.
constexpr std::chrono::milliseconds kCANCEL_PATIENCE{1000};

struct PhaseEvent {
  std::string phase, parent;
  int steps;
};
struct StepEvent {
  std::string phase;
  int step;
};
struct EndEvent {
  std::string phase;
};
using Event = std::variant<PhaseEvent, StepEvent, EndEvent, LogLine>;

struct EventConverter {
  Napi::Env env;

  Napi::Object operator()(const PhaseEvent& event) const {
    Napi::Object object = make("phase", event.phase);
    object.Set("parent", event.parent);
    object.Set("steps", event.steps);
    return object;
  }
  Napi::Object operator()(const StepEvent& event) const {
    Napi::Object object = make("step", event.phase);
    object.Set("step", event.step);
    return object;
  }
  Napi::Object operator()(const EndEvent& event) const { return make("end", event.phase); }
  Napi::Object operator()(const LogLine& line) const {
    Napi::Object object = toJs(env, line);
    object.Set("kind", "log");
    return object;
  }

 private:
  Napi::Object make(const char* kind, const std::string& phase) const {
    Napi::Object object = Napi::Object::New(env);
    object.Set("kind", kind);
    object.Set("phase", phase);
    return object;
  }
};

struct HeldBytes {
  HeldBytes() = default;
  explicit HeldBytes(const Napi::Uint8Array& array) : kept(keep(array)), data(array.Data()), bytes(array.ByteLength()) {}

  void copyTo(std::vector<std::uint8_t>& target) const {
    if (data != nullptr) target.assign(data, data + bytes);
  }
  void drop() const {
    if (kept) kept->drop();
  }

  Kept kept;
  const std::uint8_t* data = nullptr;
  std::size_t bytes = 0;
};

class BuildJob : public std::enable_shared_from_this<BuildJob> {
 public:
  BuildJob(Napi::Env env, BuildRequest request, Napi::Function onEvent)
      : request_(std::move(request)),
        poster_(Environment::of(env).poster()),
        settler_(Settler::make(env)),
        cancel_(Environment::of(env).group()->makeCancelFlag()),
        onEvent_(keep(onEvent)) {}

  Napi::Promise promise() const { return settler_->promise(); }
  Settler& settler() { return *settler_; }

  /// The graph and the timing cache stay in JavaScript's memory, held, until the thread has copied them.
  void holdOnnx(const Napi::Uint8Array& bytes) { onnx_ = HeldBytes(bytes); }
  void holdTimingCache(const Napi::Uint8Array& bytes) { timingCache_ = HeldBytes(bytes); }

  void start(Napi::Env env, std::shared_ptr<Backend> backend);
  /// The environment's thread.
  void cancel(Napi::Env env);

 private:
  void run(Backend& backend);
  BuildObserver observer();
  void push(Event event);
  void step(std::string_view phase, int step);
  void flush(Napi::Env env);
  void waitForCancel();
  void finish();

  BuildRequest request_;
  std::shared_ptr<Poster> poster_;
  std::shared_ptr<Settler> settler_;
  CancelFlag cancel_;
  Kept onEvent_;
  HeldBytes onnx_, timingCache_;
  // Of the environment's thread.
  bool cancelled_ = false, listenerFailed_ = false;

  std::mutex mutex_;
  std::condition_variable ended_;
  bool finished_ = false;
  bool flushing_ = false;
  std::deque<Event> events_;
  struct Steps {
    Clock::time_point told{};
    int latest = -1, said = -1;
  };
  std::map<std::string, Steps, std::less<>> steps_;
};

void BuildJob::start(Napi::Env env, std::shared_ptr<Backend> backend) {
  const auto self = shared_from_this();
  settler_->onSettle([self](Napi::Env js) {
    // Whatever was said before the end is told before the end.
    self->flush(js);
    self->onEvent_->drop();
    self->onnx_.drop();
    self->timingCache_.drop();
  });
  Environment::of(env).group()->start([self, backend = std::move(backend)] { self->run(*backend); });
}

void BuildJob::run(Backend& backend) {
  try {
    onnx_.copyTo(request_.onnxBytes);
    timingCache_.copyTo(request_.timingCache);
    const auto result = std::make_shared<BuildResult>(backend.build(request_, observer()));
    finish();
    settler_->resolve([result](Napi::Env env) -> Napi::Value { return toJs(env, *result); });
  } catch (...) {
    Failure failure = currentFailure();
    finish();
    settler_->reject(std::move(failure));
  }
}

void BuildJob::finish() {
  const std::lock_guard<std::mutex> lock(mutex_);
  finished_ = true;
  ended_.notify_all();
}

BuildObserver BuildJob::observer() {
  BuildObserver observer;
  observer.phaseStarted = [this](std::string_view phase, std::string_view parent, int steps) {
    push(PhaseEvent{std::string(phase), std::string(parent), steps});
  };
  observer.step = [this](std::string_view phase, int number) {
    step(phase, number);
    return !*cancel_;
  };
  observer.phaseFinished = [this](std::string_view phase) {
    Steps last;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto found = steps_.find(phase);
      if (found != steps_.end()) {
        last = found->second;
        steps_.erase(found);
      }
    }
    if (last.latest != last.said) push(StepEvent{std::string(phase), last.latest});
    push(EndEvent{std::string(phase)});
  };
  observer.log = [this](const LogLine& line) { push(line); };
  return observer;
}

void BuildJob::step(std::string_view phase, int number) {
  const Clock::time_point now = Clock::now();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto found = steps_.find(phase);
    if (found == steps_.end()) found = steps_.emplace(std::string(phase), Steps{}).first;
    Steps& steps = found->second;
    steps.latest = number;
    if (now - steps.told < kSTEP_INTERVAL) return;
    steps.told = now;
    steps.said = number;
  }
  push(StepEvent{std::string(phase), number});
}

void BuildJob::push(Event event) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(std::move(event));
    if (flushing_) return;
    flushing_ = true;
  }
  poster_->post([self = shared_from_this()](Napi::Env env) { self->flush(env); });
}

void BuildJob::flush(Napi::Env env) {
  std::deque<Event> events;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    events.swap(events_);
    flushing_ = false;
  }
  if (listenerFailed_ || onEvent_->value().IsEmpty()) return;
  const Napi::Function callback = onEvent_->value().As<Napi::Function>();
  for (const Event& event : events) {
    const Napi::HandleScope scope(env);
    try {
      callback.Call({std::visit(EventConverter{env}, event)});
    } catch (const Napi::Error& error) {
      // A listener that throws ends the build, and its error is the reason.
      listenerFailed_ = true;
      *cancel_ = true;
      settler_->rejectNow(env, error.Value());
      return;
    }
  }
}

void BuildJob::cancel(Napi::Env env) {
  if (cancelled_) return;
  cancelled_ = true;
  *cancel_ = true;
  Environment::of(env).group()->start([self = shared_from_this()] { self->waitForCancel(); });
}

void BuildJob::waitForCancel() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (ended_.wait_for(lock, kCANCEL_PATIENCE, [this] { return finished_; })) return;
  }
  // TensorRT is inside a long step; no engine will be written, and its thread ends when the step does.
  settler_->reject({"CANCELLED", "The build was cancelled."});
}

/// Listens to an AbortSignal until the job is settled.
void listen(Napi::Env env, const Napi::Value& value, const std::shared_ptr<BuildJob>& job) {
  const auto signal = value.As<Napi::Object>();
  const Napi::Value add = signal.Get("addEventListener"), remove = signal.Get("removeEventListener");
  const auto listener = Napi::Function::New(env, [job](const Napi::CallbackInfo& info) { job->cancel(info.Env()); });
  add.As<Napi::Function>().Call(signal, {Napi::String::New(env, "abort"), listener});
  const Kept keptSignal = keep(signal), keptListener = keep(listener), keptRemove = keep(remove.As<Napi::Object>());
  job->settler().onSettle([keptSignal, keptListener, keptRemove](Napi::Env js) {
    keptRemove->value().As<Napi::Function>().Call(keptSignal->value(),
                                                  {Napi::String::New(js, "abort"), keptListener->value()});
    keptSignal->drop();
    keptListener->drop();
    keptRemove->drop();
  });
}

void checkSignal(Napi::Env env, const Napi::Value& value) {
  const bool fits = value.IsObject() && value.As<Napi::Object>().Get("aborted").IsBoolean() &&
                    value.As<Napi::Object>().Get("addEventListener").IsFunction() &&
                    value.As<Napi::Object>().Get("removeEventListener").IsFunction();
  if (!fits) throw typeError(env, "build: signal", "an AbortSignal");
}

}  // namespace

Napi::Value startBuild(const std::shared_ptr<Backend>& backend, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  BuildRequest request = toBuildRequest(info[0]);
  const Fields fields(info[0], "build: request");
  if (!info[1].IsFunction()) throw typeError(env, "build: onEvent", "a function");
  const bool watched = !info[2].IsUndefined() && !info[2].IsNull();
  if (watched) {
    checkSignal(env, info[2]);
    if (info[2].As<Napi::Object>().Get("aborted").ToBoolean()) {
      return rejected(env, "CANCELLED", "The build was cancelled.");
    }
  }
  std::optional<Napi::Uint8Array> onnx, timingCache;
  if (fields.has("onnxBytes")) onnx = fields.bytes("onnxBytes");
  if (fields.has("timingCache")) timingCache = fields.bytes("timingCache");
  stopWorkAtExit();
  const auto job = std::make_shared<BuildJob>(env, std::move(request), info[1].As<Napi::Function>());
  if (onnx) job->holdOnnx(*onnx);
  if (timingCache) job->holdTimingCache(*timingCache);
  if (watched) listen(env, info[2], job);
  job->start(env, backend);
  return job->promise();
}

}  // namespace maskforge
