// What a build is asked for and what it answers.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "maskforge/types.h"

namespace maskforge {

/// Precision is written in the graph and the network is strongly typed. `fp16Flag` is how builds were made before
/// (`trtexec --fp16`): a baseline to compare with, TensorRT 10 only.
enum class Typing { strong, fp16Flag };

enum class HardwareCompatibility { none, amperePlus, sameComputeCapability };

struct BuildRequest {
  /// Absolute path of the ONNX file; weights beside it are found from there. Names the file in messages as well.
  std::string onnxPath;
  /// The graph itself when it lies in memory; `onnxPath` then only names it.
  std::vector<std::uint8_t> onnxBytes;
  std::vector<Profile> profiles;
  Typing typing = Typing::strong;
  bool tf32 = false;
  /// Bytes; 0 leaves the device's whole memory.
  std::uint64_t workspaceBytes = 0;
  /// 0–5; -1 leaves the library's default.
  int optimizationLevel = -1;
  bool versionCompatible = false;
  HardwareCompatibility hardwareCompatibility = HardwareCompatibility::none;
  /// Contents of the timing cache to begin with; may be empty, foreign or damaged (then it is left out, with a warning).
  std::vector<std::uint8_t> timingCache;
  bool useTimingCache = true;
  /// CUDA device; ignored where a build needs none.
  int device = 0;
  /// Ahead-of-time targets of TensorRT for RTX, such as 89 or 120; empty takes the library's default.
  std::vector<int> computeCapabilities;
  /// Where the engine is written (the caller renames it into place): only complete plans are ever written.
  std::string enginePath;
  /// Parse, do not build.
  bool parseOnly = false;
  /// Also sends TensorRT's verbose lines to the observer: tens of thousands for one network.
  bool verbose = false;
};

struct LogLine {
  Severity severity;
  std::string text;
};

/// Called from the thread that builds. `phaseStarted`, `step` and `phaseFinished` follow TensorRT's progress monitor:
/// phases nest, `parent` is empty for the outermost. `step` answers false to cancel.
struct BuildObserver {
  std::function<void(std::string_view phase, std::string_view parent, int steps)> phaseStarted;
  std::function<bool(std::string_view phase, int step)> step;
  std::function<void(std::string_view phase)> phaseFinished;
  std::function<void(const LogLine&)> log;
};

struct BuildResult {
  std::uint64_t engineBytes = 0;
  double seconds = 0;
  int layers = 0;
  std::vector<TensorInfo> tensors;
  std::vector<std::uint8_t> timingCache;
  /// The engine inspector's JSON (TensorRT's own form) where the engine can be opened on this machine, else empty.
  std::string layerInformation;
  std::vector<LogLine> warnings;
};

}  // namespace maskforge
