// JPEGs decoded at once, in the calling thread: meant for threads that do nothing else.
#include <memory>

#include "convert.h"
#include "maskforge/jpeg_decoder.h"
#include "objects.h"

namespace maskforge {
namespace {

Napi::Uint8Array bytesOf(const Napi::Value& value, const char* where) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw typeError(value.Env(), where, "a Uint8Array");
  return value.As<Napi::Uint8Array>();
}

int sideOf(const Napi::Value& value, const char* where) {
  if (!value.IsNumber()) throw typeError(value.Env(), where, "a number");
  return value.As<Napi::Number>().Int32Value();
}

Napi::Value open(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw typeError(info.Env(), "openJpegDecoder: named", "a string");
  const std::shared_ptr<JpegDecoder> decoder = JpegDecoder::open(info[0].As<Napi::String>().Utf8Value());
  if (decoder == nullptr) return info.Env().Null();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("library", decoder->library());
  addMethod(object, "decode", [decoder](const Napi::CallbackInfo& call) -> Napi::Value {
    const Napi::Uint8Array bytes = bytesOf(call[0], "decode: bytes");
    const int width = sideOf(call[1], "decode: width");
    const int height = sideOf(call[2], "decode: height");
    Napi::Uint8Array target = bytesOf(call[3], "decode: target");
    const bool done =
        decoder->decode(bytes.Data(), bytes.ByteLength(), width, height, target.Data(), target.ByteLength());
    return Napi::Boolean::New(call.Env(), done);
  });
  return object;
}

}  // namespace

void addJpegFunctions(Napi::Object exports) { addMethod(exports, "openJpegDecoder", open); }

}  // namespace maskforge
