#include <utility>

#include "convert.h"
#include "environment.h"
#include "objects.h"
#include "session_worker.h"

namespace maskforge {
namespace {

/// What the object's methods share. Its end (the garbage collector's, on JavaScript's thread) closes the session.
class OpenSession {
 public:
  OpenSession(std::shared_ptr<SessionWorker> worker, std::shared_ptr<Poster> poster, const SessionOptions& options)
      : worker_(std::move(worker)), poster_(std::move(poster)), idBytes_(options.wideIds ? 2 : 1) {}
  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;
  ~OpenSession() { close({}); }

  SessionWorker& worker() const { return *worker_; }
  std::size_t idBytes() const { return idBytes_; }

  /// Memory that the device knows stays alive until the session is closed.
  void keepPinned(const Napi::ArrayBuffer& buffer) { pinned_.push_back(keep(buffer)); }

  void close(std::function<void()> closed) {
    auto pinned = std::make_shared<std::vector<Kept>>(std::exchange(pinned_, {}));
    worker_->close([poster = poster_, pinned, closed = std::move(closed)] {
      if (!pinned->empty()) {
        poster->post([pinned](Napi::Env) {
          for (const Kept& buffer : *pinned) buffer->drop();
        });
      }
      if (closed) closed();
    });
  }

 private:
  std::shared_ptr<SessionWorker> worker_;
  std::shared_ptr<Poster> poster_;
  std::size_t idBytes_;
  std::vector<Kept> pinned_;
};

using Open = std::shared_ptr<OpenSession>;

/// Runs `work` on the session's thread.
template <typename Result>
Napi::Promise runOnSession(Napi::Env env, OpenSession& open, std::vector<Kept> kept,
                           std::function<Result(Session&)> work) {
  const std::shared_ptr<Settler> settler = Settler::make(env);
  const Napi::Promise promise = settler->promise();
  settler->onSettle([kept = std::move(kept)](Napi::Env) {
    for (const Kept& object : kept) object->drop();
  });
  SessionWorker::Task task;
  task.run = [settler, work = std::move(work)](Session& session) {
    try {
      const auto result = std::make_shared<Result>(work(session));
      settler->resolve([result](Napi::Env js) -> Napi::Value { return toJs(js, *result); });
    } catch (...) {
      settler->reject(currentFailure());
    }
  };
  task.refuse = [settler] { settler->reject({"SESSION_CLOSED", "The session is closed."}); };
  open.worker().push(std::move(task));
  return promise;
}

struct SegmentCall {
  std::vector<Frame> frames;
  Placement placement;
  std::vector<std::uint8_t*> masks, probabilities;
  std::vector<Kept> kept;
};

/// The arrays that a call writes into, each at least `bytes` long.
std::vector<std::uint8_t*> targets(const Fields& request, const char* name, std::size_t count, std::size_t bytes,
                                   std::vector<Kept>& kept) {
  const Napi::Array list = request.list(name);
  if (list.Length() != count) request.refuse(name, "as many arrays as there are frames");
  std::vector<std::uint8_t*> pointers;
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list.Get(i);
    const bool fits = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array &&
                      value.As<Napi::Uint8Array>().ByteLength() >= bytes;
    if (!fits) request.refuse(name, "Uint8Arrays of at least " + std::to_string(bytes) + " bytes");
    auto array = value.As<Napi::Uint8Array>();
    pointers.push_back(array.Data());
    kept.push_back(keep(array));
  }
  return pointers;
}

SegmentCall toSegmentCall(const Napi::Value& value, std::size_t idBytes) {
  const Fields request(value, "segment: request");
  SegmentCall call;
  call.placement = toPlacement(request.object("placement"));
  const Napi::Array frames = request.list("frames");
  if (frames.Length() == 0) request.refuse("frames", "an array of one frame or more");
  for (std::uint32_t i = 0; i < frames.Length(); ++i) {
    const Fields frame(frames.Get(i), request.at("frames") + "[" + std::to_string(i) + "]");
    call.frames.push_back(toFrame(frame));
    const Frame &first = call.frames.front(), &last = call.frames.back();
    if (first.width != last.width || first.height != last.height || first.format != last.format) {
      request.refuse("frames", "of one size and format");
    }
    call.kept.push_back(keep(frame.bytes("pixels")));
  }
  const std::size_t pixels =
      static_cast<std::size_t>(call.placement.maskWidth) * static_cast<std::size_t>(call.placement.maskHeight);
  call.masks = targets(request, "masks", call.frames.size(), pixels * idBytes, call.kept);
  if (request.has("probabilities")) {
    call.probabilities = targets(request, "probabilities", call.frames.size(), pixels, call.kept);
  }
  return call;
}

Napi::Value segment(const Open& open, const Napi::CallbackInfo& info) {
  auto call = std::make_shared<SegmentCall>(toSegmentCall(info[0], open->idBytes()));
  std::vector<Kept> kept = std::move(call->kept);
  return runOnSession<StageTimes>(info.Env(), *open, std::move(kept), [call](Session& session) {
    return session.segment(call->frames, call->placement, call->masks, call->probabilities);
  });
}

Napi::Value infer(const Open& open, const Napi::CallbackInfo& info) {
  std::vector<Napi::Uint8Array> arrays;
  auto tensors = std::make_shared<std::vector<HostTensor>>(toHostTensors(info[0], arrays));
  std::vector<std::pair<const std::uint8_t*, std::size_t>> sources;
  std::vector<Kept> kept;
  for (const Napi::Uint8Array& array : arrays) {
    sources.emplace_back(array.Data(), array.ByteLength());
    kept.push_back(keep(array));
  }
  return runOnSession<std::vector<HostTensor>>(info.Env(), *open, std::move(kept), [tensors, sources](Session& session) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      (*tensors)[i].bytes.assign(sources[i].first, sources[i].first + sources[i].second);
    }
    return session.infer(*tensors);
  });
}

Napi::Value bench(const Open& open, const Napi::CallbackInfo& info) {
  const Dims shape = toIntegers(info[0], "bench: inputShape");
  const BenchOptions options = toBenchOptions(info[1]);
  return runOnSession<BenchSamples>(info.Env(), *open, {},
                                    [shape, options](Session& session) { return session.bench(shape, options); });
}

Napi::Value profile(const Open& open, const Napi::CallbackInfo& info) {
  const Dims shape = toIntegers(info[0], "profile: inputShape");
  const double runs = info[1].IsNumber() ? info[1].As<Napi::Number>().DoubleValue() : 0;
  if (!(runs >= 1 && runs <= 1'000'000)) throw typeError(info.Env(), "profile: runs", "a number from 1 on");
  return runOnSession<std::vector<LayerTime>>(info.Env(), *open, {}, [shape, runs](Session& session) {
    return session.profile(shape, static_cast<int>(runs));
  });
}

Napi::Value allocatePinned(const Open& open, const Napi::CallbackInfo& info) {
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : 0;
  if (!(bytes >= 1 && bytes <= 4e9)) throw typeError(info.Env(), "allocatePinned: bytes", "a number from 1 to 4e9");
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), static_cast<std::size_t>(bytes));
  open->keepPinned(buffer);
  SessionWorker::Task task;
  task.run = [memory = buffer.Data(), length = buffer.ByteLength()](Session& session) {
    try {
      session.pin(memory, length);
    } catch (...) {
      // Pinning only saves a copy: without it the session stages the memory as any other.
    }
  };
  task.refuse = [] {};
  open->worker().push(std::move(task));
  return Napi::Uint8Array::New(info.Env(), buffer.ByteLength(), buffer, 0);
}

Napi::Value close(const Open& open, const Napi::CallbackInfo& info) {
  const std::shared_ptr<Settler> settler = Settler::make(info.Env());
  const Napi::Promise promise = settler->promise();
  open->close([settler] { settler->resolve([](Napi::Env env) -> Napi::Value { return env.Undefined(); }); });
  return promise;
}

}  // namespace

Napi::Object makeSessionObject(Napi::Env env, std::unique_ptr<Session> session, const SessionOptions& options) {
  Environment& environment = Environment::of(env);
  const auto worker = SessionWorker::start(std::move(session), *environment.group());
  const auto open = std::make_shared<OpenSession>(worker, environment.poster(), options);
  Napi::Object object = Napi::Object::New(env);
  addMethod(object, "segment", [open](const Napi::CallbackInfo& info) { return segment(open, info); });
  addMethod(object, "infer", [open](const Napi::CallbackInfo& info) { return infer(open, info); });
  addMethod(object, "bench", [open](const Napi::CallbackInfo& info) { return bench(open, info); });
  addMethod(object, "profile", [open](const Napi::CallbackInfo& info) { return profile(open, info); });
  addMethod(object, "allocatePinned", [open](const Napi::CallbackInfo& info) { return allocatePinned(open, info); });
  addMethod(object, "close", [open](const Napi::CallbackInfo& info) { return close(open, info); });
  const auto deviceBytes = [open](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(open->worker().deviceBytes()));
  };
  object.DefineProperty(Napi::PropertyDescriptor::Accessor(env, object, "deviceBytes", deviceBytes, napi_enumerable));
  return object;
}

}  // namespace maskforge
