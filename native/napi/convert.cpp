#include "convert.h"

#include <cmath>
#include <cstring>
#include <utility>

namespace maskforge {
namespace {

constexpr const char* kDATA_TYPES[] = {"float32", "float16", "bfloat16", "float8",  "int8", "uint8",
                                       "int32",   "int64",   "boolean",  "int4",    "unknown"};
constexpr const char* kSEVERITIES[] = {"internal-error", "error", "warning", "info", "verbose"};
constexpr const char* kFAMILIES[] = {"tensorrt-10", "tensorrt-11", "tensorrt-rtx"};

std::string quotedList(const std::vector<const char*>& choices) {
  std::string text = "one of";
  for (const char* choice : choices) text += std::string(" '") + choice + "'";
  return text;
}

bool isInteger(double value) { return std::isfinite(value) && std::floor(value) == value; }

}  // namespace

Napi::TypeError typeError(Napi::Env env, const std::string& where, const std::string& expected) {
  return Napi::TypeError::New(env, where + " must be " + expected);
}

std::vector<std::int64_t> toIntegers(const Napi::Value& value, const std::string& where) {
  if (!value.IsArray()) throw typeError(value.Env(), where, "an array of whole numbers");
  const auto array = value.As<Napi::Array>();
  std::vector<std::int64_t> numbers(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value entry = array.Get(i);
    const double number = entry.IsNumber() ? entry.As<Napi::Number>().DoubleValue() : std::nan("");
    if (!isInteger(number) || std::fabs(number) > 9e15) {
      throw typeError(value.Env(), where, "an array of whole numbers");
    }
    numbers[i] = static_cast<std::int64_t>(number);
  }
  return numbers;
}

Fields::Fields(const Napi::Value& value, std::string where) : where_(std::move(where)) {
  if (!value.IsObject()) throw typeError(value.Env(), where_, "an object");
  object_ = value.As<Napi::Object>();
}

void Fields::refuse(const char* name, const std::string& expected) const {
  throw typeError(object_.Env(), at(name), expected);
}

Napi::Value Fields::get(const char* name) const { return object_.Get(name); }

bool Fields::has(const char* name) const {
  const Napi::Value value = get(name);
  return !value.IsUndefined() && !value.IsNull();
}

std::string Fields::text(const char* name) const {
  const Napi::Value value = get(name);
  if (!value.IsString()) refuse(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

bool Fields::flag(const char* name, std::optional<bool> otherwise) const {
  if (otherwise && !has(name)) return *otherwise;
  const Napi::Value value = get(name);
  if (!value.IsBoolean()) refuse(name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

double Fields::number(const char* name, std::optional<double> otherwise) const {
  if (otherwise && !has(name)) return *otherwise;
  const Napi::Value value = get(name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!std::isfinite(number)) refuse(name, "a finite number");
  return number;
}

std::int64_t Fields::integer(const char* name, std::int64_t least, std::int64_t most,
                             std::optional<std::int64_t> otherwise) const {
  if (otherwise && !has(name)) return *otherwise;
  const Napi::Value value = get(name);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!isInteger(number) || number < static_cast<double>(least) || number > static_cast<double>(most)) {
    refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::int64_t>(number);
}

Napi::Uint8Array Fields::bytes(const char* name) const {
  const Napi::Value value = get(name);
  const bool fits = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
  if (!fits) refuse(name, "a Uint8Array");
  return value.As<Napi::Uint8Array>();
}

std::vector<std::uint8_t> Fields::copiedBytes(const char* name) const {
  const Napi::Uint8Array array = bytes(name);
  return {array.Data(), array.Data() + array.ByteLength()};
}

Napi::Array Fields::list(const char* name) const {
  const Napi::Value value = get(name);
  if (!value.IsArray()) refuse(name, "an array");
  return value.As<Napi::Array>();
}

std::vector<std::int64_t> Fields::integers(const char* name) const { return toIntegers(get(name), at(name)); }

Fields Fields::object(const char* name) const { return Fields(get(name), at(name)); }

std::size_t Fields::choice(const char* name, const std::vector<const char*>& choices,
                           std::optional<std::size_t> otherwise) const {
  if (otherwise && !has(name)) return *otherwise;
  const Napi::Value value = get(name);
  const std::string chosen = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (chosen == choices[i]) return i;
  }
  refuse(name, quotedList(choices));
}

DataType dataTypeNamed(const Fields& fields, const char* name) {
  return static_cast<DataType>(fields.choice(name, {std::begin(kDATA_TYPES), std::end(kDATA_TYPES)}));
}

Family familyNamed(const Fields& fields, const char* name) {
  return static_cast<Family>(fields.choice(name, {std::begin(kFAMILIES), std::end(kFAMILIES)}));
}

const char* nameOf(DataType type) noexcept { return kDATA_TYPES[static_cast<int>(type)]; }
const char* nameOf(Severity severity) noexcept { return kSEVERITIES[static_cast<int>(severity)]; }
const char* nameOf(Family family) noexcept { return kFAMILIES[static_cast<int>(family)]; }

}  // namespace maskforge
