// Times of the LayerNorm kernels beside a copy of as many bytes and a naive kernel, all in one run: median microseconds
// of a launch inside a CUDA graph, gaps between launches included. `cold` rotates among buffers that exceed the L2
// cache four times; `warm` reuses one set, as a network does whose previous layer has just written it.
#include <memory>

#include "gpu-cases.h"
#include "layer-norm-dispatch.cuh"

namespace maskforge::gpu {
namespace {

using Starter = std::function<cudaError_t(const LayerNormArguments&, cudaStream_t)>;

/// Buffers of one shape, as many sets as asked for.
class Sets {
 public:
  Sets(const Case& which, int count, const Stream& stream) {
    for (int index = 0; index < count; ++index) {
      sets_.push_back(std::make_unique<CaseMemory>(which));
      fill(*sets_.back(), static_cast<std::uint32_t>(index), stream);
    }
    stream.wait();
  }
  double time(const Stream& stream, const Starter& start, bool rotating) const {
    const int sets = rotating ? static_cast<int>(sets_.size()) : 1;
    return medianMicroseconds(stream, std::max(sets, 48), 15, [&](int index) {
      check(start(sets_[static_cast<std::size_t>(index % sets)]->arguments(), stream), "launch");
    });
  }

 private:
  std::vector<std::unique_ptr<CaseMemory>> sets_;
};

std::size_t bytesOfRows(const Case& which) {
  return static_cast<std::size_t>(which.rows) * which.width * elementSize(which.element);
}

const char* nameOf(Element element) {
  return element == Element::float32 ? "float32" : element == Element::float16 ? "float16" : "bfloat16";
}

class Json {
 public:
  explicit Json(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) throw std::runtime_error("cannot write " + path);
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    int driver = 0;
    check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
    std::fprintf(file_, "{\n  \"device\": \"%s\",\n  \"driver\": %d,\n  \"l2Bytes\": %d,\n  \"entries\": [",
                 properties.name, driver, properties.l2CacheSize);
  }
  ~Json() {
    std::fprintf(file_, "\n  ]\n}\n");
    std::fclose(file_);
  }
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;

  void entry(const std::string& text) {
    std::fprintf(file_, "%s\n    {%s}", first_ ? "" : ",", text.c_str());
    first_ = false;
  }

 private:
  std::FILE* file_;
  bool first_ = true;
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string headOf(const Case& which) {
  return "\"type\": \"" + std::string(nameOf(which.element)) + "\", \"width\": " + std::to_string(which.width) +
         ", \"rows\": " + std::to_string(which.rows) + ", \"residual\": " + (which.residual ? "true" : "false");
}

void benchCase(Json& json, const Stream& stream, const Case& which) {
  const std::size_t bytes = bytesOfRows(which);
  // With a residual two tensors are read and two written: as much as a copy of twice the size.
  const std::size_t copied = bytes * (which.residual ? 2 : 1);
  const int multiprocessors_ = multiprocessors();
  const Starter ours = [&](const LayerNormArguments& a, cudaStream_t s) {
    return launchLayerNorm(a, multiprocessors_, s);
  };
  const Sets sets(which, setsBeyondCache(2 * copied), stream);
  const double cold = sets.time(stream, ours, true), warm = sets.time(stream, ours, false);
  const double coldCopy = copyMicroseconds(stream, copied, true), warmCopy = copyMicroseconds(stream, copied, false);
  const double naive = which.residual ? 0 : sets.time(stream, launchNaive, true);
  const double rate = 2.0 * static_cast<double>(copied) / cold / 1e6;
  json.entry(headOf(which) + ", \"coldUs\": " + number(cold) + ", \"coldCopyUs\": " + number(coldCopy) +
             ", \"coldShareOfCopy\": " + number(coldCopy / cold) + ", \"coldTerabytesPerSecond\": " + number(rate) +
             ", \"warmUs\": " + number(warm) + ", \"warmCopyUs\": " + number(warmCopy) + ", \"warmShareOfCopy\": " +
             number(warmCopy / warm) + (which.residual ? "" : ", \"naiveColdUs\": " + number(naive)));
  if (which.element == Element::float16)
    std::printf(
        "%-8s %5d x %7lld%s  cold %8.2f us (%3.0f %% of copy, %.2f TB/s)  warm %8.2f us (%3.0f %%)  naive %8.2f us\n",
        nameOf(which.element), which.width, static_cast<long long>(which.rows), which.residual ? " +" : "  ", cold,
        100 * coldCopy / cold, rate, warm, 100 * warmCopy / warm, naive);
}

/// One way to launch rows of FP16, by the shape of its kernel.
struct Variant {
  std::string name;
  Starter start;
};

template <int LANES, int VECTORS, int ROWS, int THREADS>
Variant variant() {
  return {std::to_string(LANES) + " lanes, " + std::to_string(VECTORS) + " vectors, " + std::to_string(ROWS) +
              " rows, " + std::to_string(THREADS) + " threads",
          [](const LayerNormArguments& a, cudaStream_t stream) {
            return start<__half, __half, 8, LANES, VECTORS, ROWS, THREADS, false>(Launch{a, 132, stream});
          }};
}

void tuneWidth(Json& json, const Stream& stream, int width, const std::vector<Variant>& variants) {
  for (const std::int64_t rows : {4096, 16384, 65536, 262144}) {
    const Case which{rows, width, Element::float16, false, false};
    const std::size_t bytes = bytesOfRows(which);
    const Sets sets(which, setsBeyondCache(2 * bytes), stream);
    const double coldCopy = copyMicroseconds(stream, bytes, true), warmCopy = copyMicroseconds(stream, bytes, false);
    for (const Variant& each : variants) {
      const double cold = sets.time(stream, each.start, true), warm = sets.time(stream, each.start, false);
      json.entry(headOf(which) + ", \"variant\": \"" + each.name + "\", \"coldUs\": " + number(cold) +
                 ", \"coldShareOfCopy\": " + number(coldCopy / cold) + ", \"warmUs\": " + number(warm) +
                 ", \"warmShareOfCopy\": " + number(warmCopy / warm));
      std::printf("%4d x %6lld  %-44s cold %7.2f us (%3.0f %%)  warm %7.2f us (%3.0f %%)\n", width,
                  static_cast<long long>(rows), each.name.c_str(), cold, 100 * coldCopy / cold, warm,
                  100 * warmCopy / warm);
    }
  }
}

}  // namespace

int runBenchmark(const std::string& path) {
  const Stream stream;
  Json json(path);
  const std::size_t large = std::size_t{1} << 30;
  const double largeCopy = copyMicroseconds(stream, large, true);
  std::printf("copy of 1 GiB: %.2f TB/s\n", 2.0 * static_cast<double>(large) / largeCopy / 1e6);
  json.entry("\"copyBytes\": " + std::to_string(large) + ", \"copyUs\": " + number(largeCopy));
  for (const Element element : {Element::float16, Element::bfloat16, Element::float32}) {
    for (const int width : {32, 64, 128, 160, 256, 320, 512, 768, 1024, 4096}) {
      for (const std::int64_t rows : {4096, 16384, 65536, 262144}) {
        if (rows * width > (std::int64_t{1} << 28)) continue;
        benchCase(json, stream, {rows, width, element, element == Element::float32, false});
        if (rows == 65536) benchCase(json, stream, {rows, width, element, element == Element::float32, true});
      }
    }
  }
  return 0;
}

int runTuning(const std::string& path) {
  const Stream stream;
  Json json(path);
  tuneWidth(json, stream, 64,
            {variant<8, 1, 1, 256>(), variant<8, 1, 2, 256>(), variant<8, 1, 4, 256>(), variant<8, 1, 4, 128>(),
             variant<8, 1, 8, 256>(), variant<4, 2, 1, 256>(), variant<4, 2, 2, 256>(), variant<4, 2, 2, 128>(),
             variant<4, 2, 4, 256>(), variant<8, 1, 4, 512>(), variant<2, 4, 1, 256>()});
  tuneWidth(json, stream, 128,
            {variant<16, 1, 2, 256>(), variant<16, 1, 4, 256>(), variant<8, 2, 1, 256>(), variant<8, 2, 2, 256>(),
             variant<8, 2, 4, 256>(), variant<4, 4, 1, 256>()});
  tuneWidth(json, stream, 320,
            {variant<8, 5, 1, 256>(), variant<16, 3, 1, 256>(), variant<16, 3, 2, 256>(), variant<32, 2, 1, 256>(),
             variant<32, 2, 2, 256>()});
  tuneWidth(json, stream, 512,
            {variant<16, 4, 1, 256>(), variant<32, 2, 1, 256>(), variant<32, 2, 2, 256>(), variant<32, 2, 2, 128>(),
             variant<64, 1, 2, 256>()});
  return 0;
}

}  // namespace maskforge::gpu
