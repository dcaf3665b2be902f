// The cases of the LayerNorm GPU tests and timings.
#pragma once

#include <string>

#include "gpu-support.h"
#include "layer-norm-launch.h"

namespace maskforge::gpu {

/// How rows are filled.
enum class Filling { ordinary, offset, constant, large, tiny, notFinite };

struct Case {
  std::int64_t rows;
  int width;
  Element element;
  bool floatParameters;
  bool residual;
  /// Elements by which every pointer is off a 16-byte boundary.
  int misalignment = 0;
  Filling filling = Filling::ordinary;
  float epsilon = 1e-5f;

  std::string describe() const;
};

inline int elementSize(Element element) { return element == Element::float32 ? 4 : 2; }

/// The device memory of one case, poisoned outputs included.
struct CaseMemory {
  explicit CaseMemory(const Case& which);
  LayerNormArguments arguments() const;

  Case which;
  Buffer input, residual, gamma, beta, sum, output;
};

struct Verdict {
  unsigned long long wrong = 0;
  unsigned long long firstWrong = ~0ull;
  /// Largest error as a share of what is allowed.
  float worst = 0;
};

/// Fills inputs and parameters, poisons outputs.
void fill(const CaseMemory& memory, std::uint32_t seed, cudaStream_t stream);

/// Compares with double precision on the device.
Verdict compare(const CaseMemory& memory, cudaStream_t stream);

/// One element at a time, each row read three times: what a first version looks like.
cudaError_t launchNaive(const LayerNormArguments& arguments, cudaStream_t stream);

int runBenchmark(const std::string& path);
int runTuning(const std::string& path);

}  // namespace maskforge::gpu
