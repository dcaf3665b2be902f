// The kernels' arithmetic on the processor. Synchronous: meant for tests.
#include <maskforge/host_reference.h>

#include "convert.h"
#include "environment.h"
#include "objects.h"

namespace maskforge {
namespace {

/// Our errors as JavaScript's, for what runs on its thread.
template <typename Work>
auto translated(Napi::Env env, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const Error& error) {
    throw makeError(env, error.code(), error.what());
  }
}

Napi::Value preprocess(const Napi::CallbackInfo& info) {
  const Frame frame = toFrame(Fields(info[0], "hostPreprocess: frame"));
  const Placement placement = toPlacement(Fields(info[1], "hostPreprocess: placement"));
  const Normalisation normalisation = toNormalisation(Fields(info[2], "hostPreprocess: normalisation"));
  const auto tensors = translated(info.Env(), [&] { return hostPreprocess(frame, placement, normalisation); });
  Napi::Array array = Napi::Array::New(info.Env(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) array.Set(static_cast<std::uint32_t>(i), toJs(info.Env(), tensors[i]));
  return array;
}

Napi::Value postprocess(const Napi::CallbackInfo& info) {
  const Fields logits(info[0], "hostPostprocess: logits");
  const Napi::Uint8Array data = logits.bytes("data");
  OutputView output;
  output.data = data.Data();
  output.bytes = data.ByteLength();
  output.type = dataTypeNamed(logits, "type");
  output.nhwc = logits.flag("nhwc");
  output.dims = logits.integers("dims");
  const Placement placement = toPlacement(Fields(info[1], "hostPostprocess: placement"));
  if (!info[2].IsBoolean()) throw typeError(info.Env(), "hostPostprocess: wideIds", "a boolean");
  const bool wideIds = info[2].As<Napi::Boolean>().Value();
  const HostMask mask = translated(info.Env(), [&] { return hostPostprocess(output, placement, wideIds); });
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("mask", toJs(info.Env(), mask.mask));
  object.Set("probability", toJs(info.Env(), mask.probability));
  return object;
}

}  // namespace

void addHostFunctions(Napi::Env, Napi::Object exports) {
  addMethod(exports, "hostPreprocess", preprocess);
  addMethod(exports, "hostPostprocess", postprocess);
}

}  // namespace maskforge
