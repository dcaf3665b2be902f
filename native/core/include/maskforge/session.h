// An engine at work: frames in, masks out.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "maskforge/types.h"

namespace maskforge {

enum class PixelFormat { rgb8, rgba8, nv12 };
enum class Resample { bilinear, bicubic, nearest };
enum class YuvMatrix { bt601, bt709 };

/// Pixels in host memory, top row first. NV12: the luma plane, then interleaved chroma, both with `stride`.
struct Frame {
  const std::uint8_t* pixels = nullptr;
  int width = 0, height = 0;
  /// Bytes from one row to the next.
  std::size_t stride = 0;
  PixelFormat format = PixelFormat::rgba8;
  YuvMatrix matrix = YuvMatrix::bt709;
  bool fullRange = false;
};

/// How pixels become the network's numbers: the engine writes `table[channel][pixel]`, an element of the input's type.
/// The tables come from TypeScript, which has the only definition of preprocessing; so both give the same bits.
struct Normalisation {
  bool nhwc = false;
  int channels = 3;
  /// For each channel of the network the channel of an RGB pixel; luma (ITU-R BT.601, 16-bit fixed point) for 1 channel.
  std::array<int, 3> source{0, 1, 2};
  /// channels x 256 elements of the input's type (float32, float16 or uint8).
  std::vector<std::uint8_t> tables;
  Resample resample = Resample::bilinear;
};

/// Where a picture lands in the input and how the mask is read from the output. Pixels; x to the right, y down.
struct Placement {
  int resizedWidth = 0, resizedHeight = 0;
  int inputWidth = 0, inputHeight = 0;
  /// One element of the input's type for each channel, for what the picture does not cover.
  std::vector<std::uint8_t> fill;
  struct Tile {
    int x = 0, y = 0;
  };
  /// Upper left corners in the resized picture; one for all but tiled pictures. Tiles start at multiples of the output's
  /// stride; where they overlap, logits are averaged.
  std::vector<Tile> tiles{Tile{}};
  int maskWidth = 0, maskHeight = 0;
  /// Grid positions of the output for each pixel of the mask: grid = (pixel + 0.5) * scale - 0.5, held inside the grid.
  /// Double precision: which cell a pixel falls into depends on it.
  double scaleX = 1, scaleY = 1;
};

/// Milliseconds on the device by CUDA events (`total`: wall clock of the call, memory copies on the host included).
struct StageTimes {
  double copyIn = 0, preprocess = 0, infer = 0, postprocess = 0, copyOut = 0, enqueue = 0, total = 0;
};

struct SessionOptions {
  int profile = 0;
  std::string input;
  /// Logits (float32, float16 or bfloat16; NCHW or NHWC) or class ids (uint8, int32, int64).
  std::string output;
  bool outputIsLogits = true;
  bool outputNhwc = false;
  Normalisation normalisation;
  /// Two bytes for an id, for more than 255 classes.
  bool wideIds = false;
  /// Also gives the winner's softmax probability, one byte (0–255) a pixel.
  bool probability = false;
  bool cudaGraph = true;
  /// Called on the session's thread a fraction of a millisecond before masks that took long are expected, so that a
  /// thread that sleeps until then can wake up; may be empty, never throws.
  std::function<void()> soon;
};

struct LayerTime {
  std::string name;
  double medianMs = 0;
};

/// The words of trtexec, so that figures can be laid side by side. Milliseconds, one entry for each timed iteration.
struct BenchSamples {
  std::vector<double> gpuCompute, copyIn, copyOut, enqueue, latency;
  double wallSeconds = 0;
};

struct BenchOptions {
  int warmUpMs = 200, iterations = 200;
  double minSeconds = 0;
  bool cudaGraph = true, transfers = true;
};

/// A raw tensor in host memory.
struct HostTensor {
  std::string name;
  DataType type = DataType::unknown;
  Dims dims;
  std::vector<std::uint8_t> bytes;
};

/// One context, one stream, one set of buffers and CUDA graphs. Not for two threads at once: its caller queues.
class Session {
 public:
  virtual ~Session() = default;

  /// @param frames pictures of one size, all placed alike; run as one batch as far as the profile allows
  /// @param masks for each frame maskWidth x maskHeight ids
  /// @param probabilities null, or as many bytes for each frame
  virtual StageTimes segment(const std::vector<Frame>& frames, const Placement& placement,
                             const std::vector<std::uint8_t*>& masks,
                             const std::vector<std::uint8_t*>& probabilities) = 0;
  /// Runs on raw tensors: for verification.
  virtual std::vector<HostTensor> infer(const std::vector<HostTensor>& inputs) = 0;
  /// The engine alone at an input shape, on random data.
  virtual BenchSamples bench(const Dims& inputShape, const BenchOptions& options) = 0;
  virtual std::vector<LayerTime> profile(const Dims& inputShape, int runs) = 0;
  /// Lets the device read and write this host memory directly, until `unpin` or the end; frames and masks inside it
  /// are not staged.
  virtual void pin(void* memory, std::size_t bytes) = 0;
  virtual void unpin(void* memory) = 0;
  virtual std::uint64_t deviceBytes() const = 0;
};

}  // namespace maskforge
