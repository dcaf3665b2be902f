// LayerNorm on a GPU against double precision: every width, every type, awkward values and addresses.
//   maskforge_layernorm_gpu_tests            everything (about a minute)
//   maskforge_layernorm_gpu_tests --quick    a few of each, for compute-sanitizer
//   maskforge_layernorm_gpu_tests --bench OUT.json | --tune OUT.json
#include <cstring>
#include <functional>

#include "gpu-cases.h"

namespace maskforge::gpu {
namespace {

class Report {
 public:
  void add(const std::string& what, bool good, const std::string& detail) {
    ++checks_;
    if (good) return;
    if (++failures_ <= 20) std::fprintf(stderr, "FAILED %s: %s\n", what.c_str(), detail.c_str());
  }
  void add(const Case& which, const Verdict& verdict) {
    worst_ = std::max(worst_, std::min(verdict.worst, 1e9f));
    add(which.describe(), verdict.wrong == 0,
        std::to_string(verdict.wrong) + " wrong, the first at " + std::to_string(verdict.firstWrong) + ", error " +
            std::to_string(verdict.worst) + " x allowed");
  }
  int finish() const {
    std::printf("%d checks, %d failed; largest error %.2f of what is allowed\n", checks_, failures_, worst_);
    return failures_ == 0 ? 0 : 1;
  }

 private:
  int checks_ = 0, failures_ = 0;
  float worst_ = 0;
};

const Element kELEMENTS[] = {Element::float32, Element::float16, Element::bfloat16};

void runCase(Report& report, const Stream& stream, const Case& which) {
  static std::uint32_t seed = 1;
  const CaseMemory memory(which);
  fill(memory, seed += 11, stream);
  const cudaError_t status = launchLayerNorm(memory.arguments(), multiprocessors(), stream);
  if (status != cudaSuccess) return report.add(which.describe(), false, cudaGetErrorString(status));
  report.add(which, compare(memory, stream));
}

/// All types, with FP32 parameters and parameters of the element's type, with and without a residual.
void runForms(Report& report, const Stream& stream, Case which) {
  for (const Element element : kELEMENTS) {
    for (const bool floatParameters : {true, false}) {
      if (element == Element::float32 && !floatParameters) continue;
      for (const bool residual : {false, true}) {
        which.element = element;
        which.floatParameters = floatParameters || element == Element::float32;
        which.residual = residual;
        runCase(report, stream, which);
      }
    }
  }
}

std::vector<int> widths(bool quick) {
  if (quick) return {1, 2, 7, 8, 31, 32, 33, 64, 100, 160, 255, 256, 320, 512, 768, 1001, 1024, 1025, 2048, 4095, 4096};
  std::vector<int> all;
  for (int width = 1; width <= 1100; ++width) all.push_back(width);
  for (const int width : {1152, 1280, 1536, 1537, 1792, 2000, 2040, 2047, 2048, 2049, 2056, 2560,
                          3000, 3001, 3072, 3584, 4000, 4001, 4088, 4090, 4094, 4095, 4096})
    all.push_back(width);
  return all;
}

void checkWidths(Report& report, const Stream& stream, bool quick) {
  for (const int width : widths(quick)) {
    for (const std::int64_t rows : {1, 7}) runForms(report, stream, {rows, width});
  }
}

void checkManyRows(Report& report, const Stream& stream, bool quick) {
  const std::int64_t rows = quick ? 2051 : 65536;
  for (const int width : {1, 31, 32, 64, 100, 128, 160, 256, 320, 333, 512, 768, 1024, 4096})
    runForms(report, stream, {rows, width});
  // One row more or less than whole blocks.
  for (const int width : {32, 64, 320, 1000}) {
    for (const std::int64_t odd : {rows - 1, rows + 1}) runForms(report, stream, {odd, width});
  }
}

void checkValues(Report& report, const Stream& stream) {
  for (const Filling filling :
       {Filling::offset, Filling::constant, Filling::large, Filling::tiny, Filling::notFinite}) {
    for (const int width : {2, 33, 64, 160, 512, 1001, 1024, 4096}) {
      Case which{37, width};
      which.filling = filling;
      runForms(report, stream, which);
    }
  }
  for (const float epsilon : {1e-12f, 1e-6f, 1.0f}) {
    Case which{37, 64};
    which.epsilon = epsilon;
    runForms(report, stream, which);
  }
}

void checkAddresses(Report& report, const Stream& stream) {
  for (const int misalignment : {1, 3, 4}) {
    for (const int width : {1, 8, 64, 160, 1001, 4096}) {
      Case which{37, width};
      which.misalignment = misalignment;
      runForms(report, stream, which);
    }
  }
}

void checkRefusals(Report& report, const Stream& stream) {
  const CaseMemory memory(Case{4, 64});
  const auto refuses = [&](const char* what, const std::function<void(LayerNormArguments&)>& spoil) {
    LayerNormArguments arguments = memory.arguments();
    spoil(arguments);
    const cudaError_t status = launchLayerNorm(arguments, 132, stream);
    report.add(what, status == cudaErrorInvalidValue, cudaGetErrorName(status));
  };
  refuses("no width", [](auto& a) { a.width = 0; });
  refuses("too wide", [](auto& a) { a.width = kMAX_WIDTH + 1; });
  refuses("no input", [](auto& a) { a.input = nullptr; });
  refuses("residual without sum", [](auto& a) { a.residual = a.input; });
  refuses("negative rows", [](auto& a) { a.rows = -1; });
  refuses("epsilon 0", [](auto& a) { a.epsilon = 0; });
  LayerNormArguments none = memory.arguments();
  none.rows = 0;
  report.add("no rows", launchLayerNorm(none, 132, stream) == cudaSuccess, "refused");
  stream.wait();
}

/// Captured once, replayed with other numbers in the same memory.
void checkCapture(Report& report, const Stream& stream) {
  const CaseMemory memory(Case{1000, 64, Element::float16, false, true});
  const Graph graph(stream,
                    [&] { check(launchLayerNorm(memory.arguments(), multiprocessors(), stream), "launchLayerNorm"); });
  for (const std::uint32_t seed : {5u, 6u, 7u}) {
    fill(memory, seed, stream);
    graph.launch(stream);
    report.add(memory.which, compare(memory, stream));
  }
}

/// The judge is judged: a wrong number must be found.
void checkTheCheck(Report& report, const Stream& stream) {
  const CaseMemory memory(Case{7, 64, Element::float16, false, false});
  fill(memory, 3, stream);
  report.add("poison is noticed", compare(memory, stream).wrong == 7 * 64, "untouched output passes");
  check(launchLayerNorm(memory.arguments(), multiprocessors(), stream), "launchLayerNorm");
  const std::uint16_t two = 0x4000;
  check(cudaMemcpyAsync(memory.output.at(2 * 100), &two, 2, cudaMemcpyHostToDevice, stream), "cudaMemcpy");
  const Verdict verdict = compare(memory, stream);
  report.add("one wrong number is noticed", verdict.wrong == 1 && verdict.firstWrong == 100, "passes");
}

int runTests(bool quick) {
  Report report;
  const Stream stream;
  checkTheCheck(report, stream);
  checkWidths(report, stream, quick);
  checkManyRows(report, stream, quick);
  checkValues(report, stream);
  checkAddresses(report, stream);
  checkRefusals(report, stream);
  checkCapture(report, stream);
  return report.finish();
}

}  // namespace
}  // namespace maskforge::gpu

int main(int argc, char** argv) {
  try {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "--bench" && argc == 3) return maskforge::gpu::runBenchmark(argv[2]);
    if (mode == "--tune" && argc == 3) return maskforge::gpu::runTuning(argv[2]);
    if (!mode.empty() && mode != "--quick") {
      std::fprintf(stderr, "usage: %s [--quick | --bench OUT.json | --tune OUT.json]\n", argv[0]);
      return 2;
    }
    return maskforge::gpu::runTests(mode == "--quick");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
