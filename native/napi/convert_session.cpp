#include <cstring>

#include "convert.h"

namespace maskforge {
namespace {

constexpr std::int64_t kLARGEST_SIDE = 1 << 20;

int side(const Fields& fields, const char* name) { return static_cast<int>(fields.integer(name, 1, kLARGEST_SIDE)); }

Napi::Array toJs(Napi::Env env, const std::vector<double>& numbers) {
  Napi::Array array = Napi::Array::New(env, numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) array.Set(static_cast<std::uint32_t>(i), numbers[i]);
  return array;
}

std::size_t rowBytes(const Frame& frame) {
  const auto width = static_cast<std::size_t>(frame.width);
  switch (frame.format) {
    case PixelFormat::rgb8: return width * 3;
    case PixelFormat::rgba8: return width * 4;
    case PixelFormat::nv12: return (width + 1) / 2 * 2;
  }
  return width * 4;
}

/// Rows of `stride` bytes, the last of which may end where its pixels do.
std::size_t bytesNeeded(const Frame& frame) {
  const auto height = static_cast<std::size_t>(frame.height);
  const std::size_t rows = frame.format == PixelFormat::nv12 ? height + (height + 1) / 2 : height;
  return (rows - 1) * frame.stride + rowBytes(frame);
}

}  // namespace

Normalisation toNormalisation(const Fields& fields) {
  Normalisation normalisation;
  normalisation.nhwc = fields.flag("nhwc");
  normalisation.channels = static_cast<int>(fields.integer("channels", 1, 4));
  const std::vector<std::int64_t> source = fields.integers("source");
  for (std::size_t i = 0; i < source.size() && i < normalisation.source.size(); ++i) {
    if (source[i] < 0 || source[i] > 2) fields.refuse("source", "channels of an RGB pixel (0, 1 or 2)");
    normalisation.source[i] = static_cast<int>(source[i]);
  }
  normalisation.tables = fields.copiedBytes("tables");
  normalisation.resample = static_cast<Resample>(fields.choice("resample", {"bilinear", "bicubic", "nearest"}));
  return normalisation;
}

SessionOptions toSessionOptions(const Napi::Value& value) {
  const Fields fields(value, "createSession: options");
  SessionOptions options;
  options.profile = static_cast<int>(fields.integer("profile", 0, 1 << 20, 0));
  options.input = fields.text("input");
  options.output = fields.text("output");
  options.outputIsLogits = fields.flag("outputIsLogits");
  options.outputNhwc = fields.flag("outputNhwc", false);
  options.normalisation = toNormalisation(fields.object("normalisation"));
  options.wideIds = fields.flag("wideIds", false);
  options.probability = fields.flag("probability", false);
  options.cudaGraph = fields.flag("cudaGraph", true);
  return options;
}

Placement toPlacement(const Fields& fields) {
  Placement placement;
  placement.resizedWidth = side(fields, "resizedWidth");
  placement.resizedHeight = side(fields, "resizedHeight");
  placement.inputWidth = side(fields, "inputWidth");
  placement.inputHeight = side(fields, "inputHeight");
  placement.fill = fields.copiedBytes("fill");
  placement.tiles.clear();
  const Napi::Array tiles = fields.list("tiles");
  if (tiles.Length() == 0) fields.refuse("tiles", "an array of one tile or more");
  for (std::uint32_t i = 0; i < tiles.Length(); ++i) {
    const Fields tile(tiles.Get(i), fields.at("tiles") + "[" + std::to_string(i) + "]");
    placement.tiles.push_back({static_cast<int>(tile.integer("x", -kLARGEST_SIDE, kLARGEST_SIDE)),
                               static_cast<int>(tile.integer("y", -kLARGEST_SIDE, kLARGEST_SIDE))});
  }
  placement.maskWidth = side(fields, "maskWidth");
  placement.maskHeight = side(fields, "maskHeight");
  placement.scaleX = fields.number("scaleX");
  placement.scaleY = fields.number("scaleY");
  return placement;
}

Frame toFrame(const Fields& fields) {
  Frame frame;
  frame.format = static_cast<PixelFormat>(fields.choice("format", {"rgb8", "rgba8", "nv12"}));
  frame.matrix = static_cast<YuvMatrix>(fields.choice("matrix", {"bt601", "bt709"}, 1));
  frame.fullRange = fields.flag("fullRange", false);
  frame.width = side(fields, "width");
  frame.height = side(fields, "height");
  const auto smallest = static_cast<std::int64_t>(rowBytes(frame));
  frame.stride = static_cast<std::size_t>(fields.integer("stride", smallest, std::int64_t{1} << 32, smallest));
  const Napi::Uint8Array pixels = fields.bytes("pixels");
  if (pixels.ByteLength() < bytesNeeded(frame)) {
    fields.refuse("pixels", "at least " + std::to_string(bytesNeeded(frame)) + " bytes long for its size, not " +
                                std::to_string(pixels.ByteLength()));
  }
  frame.pixels = pixels.Data();
  return frame;
}

BenchOptions toBenchOptions(const Napi::Value& value) {
  BenchOptions options;
  if (value.IsUndefined()) return options;
  const Fields fields(value, "bench: options");
  options.warmUpMs = static_cast<int>(fields.integer("warmUpMs", 0, 600'000, options.warmUpMs));
  options.iterations = static_cast<int>(fields.integer("iterations", 1, 10'000'000, options.iterations));
  options.minSeconds = fields.number("minSeconds", options.minSeconds);
  options.cudaGraph = fields.flag("cudaGraph", options.cudaGraph);
  options.transfers = fields.flag("transfers", options.transfers);
  return options;
}

std::vector<HostTensor> toHostTensors(const Napi::Value& value, std::vector<Napi::Uint8Array>& sources) {
  if (!value.IsArray()) throw typeError(value.Env(), "infer: inputs", "an array of tensors");
  const auto array = value.As<Napi::Array>();
  std::vector<HostTensor> tensors;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Fields fields(array.Get(i), "infer: inputs[" + std::to_string(i) + "]");
    HostTensor tensor{fields.text("name"), dataTypeNamed(fields, "type"), fields.integers("dims"), {}};
    const Napi::Uint8Array bytes = fields.bytes("bytes");
    std::size_t elements = 1;
    for (const std::int64_t size : tensor.dims) {
      if (size < 0 || size > kLARGEST_SIDE) fields.refuse("dims", "sizes that are known");
      elements *= static_cast<std::size_t>(size);
    }
    if (elements * elementBytes(tensor.type) != bytes.ByteLength()) fields.refuse("bytes", "as long as its shape says");
    sources.push_back(bytes);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Napi::Object toJs(Napi::Env env, const StageTimes& times) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("copyIn", times.copyIn);
  object.Set("preprocess", times.preprocess);
  object.Set("infer", times.infer);
  object.Set("postprocess", times.postprocess);
  object.Set("copyOut", times.copyOut);
  object.Set("enqueue", times.enqueue);
  object.Set("total", times.total);
  return object;
}

Napi::Object toJs(Napi::Env env, const BenchSamples& samples) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("gpuCompute", toJs(env, samples.gpuCompute));
  object.Set("copyIn", toJs(env, samples.copyIn));
  object.Set("copyOut", toJs(env, samples.copyOut));
  object.Set("enqueue", toJs(env, samples.enqueue));
  object.Set("latency", toJs(env, samples.latency));
  object.Set("wallSeconds", samples.wallSeconds);
  return object;
}

Napi::Array toJs(Napi::Env env, const std::vector<LayerTime>& times) {
  Napi::Array array = Napi::Array::New(env, times.size());
  for (std::size_t i = 0; i < times.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", times[i].name);
    object.Set("medianMs", times[i].medianMs);
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

Napi::Array toJs(Napi::Env env, const std::vector<HostTensor>& tensors) {
  Napi::Array array = Napi::Array::New(env, tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", tensors[i].name);
    object.Set("type", nameOf(tensors[i].type));
    object.Set("dims", toJs(env, tensors[i].dims));
    object.Set("bytes", toJs(env, tensors[i].bytes));
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

}  // namespace maskforge
