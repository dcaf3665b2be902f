// What a session decides before it touches the device: plain values, tested without one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "maskforge/session.h"
#include "maskforge/tasks.h"
#include "maskforge/types.h"

namespace maskforge {

/// One run of the network: items of the wave (tiles of frames), in a batch that may be larger than their number where
/// the engine takes no smaller one.
struct Chunk {
  int firstItem = 0, items = 0, batch = 0;
};

/// Frames whose pixels are on the device at once.
struct Wave {
  int firstFrame = 0, frames = 0;
  std::vector<Chunk> chunks;
};

struct BatchRange {
  int min = 1, max = 1;
};

/// Frames of one tile share batches; the tiles of a frame of several are a wave of their own.
std::vector<Wave> planWaves(int frames, int tiles, BatchRange batch);

/// Everything that a captured graph depends on but the addresses of the session's own buffers.
struct CallKey {
  int frames = 0, width = 0, height = 0;
  std::size_t stride = 0;
  PixelFormat format = PixelFormat::rgba8;
  YuvMatrix matrix = YuvMatrix::bt709;
  bool fullRange = false;
  Placement placement;
};

CallKey callKey(int frames, const Frame& frame, const Placement& placement);
bool operator==(const CallKey& a, const CallKey& b);

/// @throws Error INVALID_ARGUMENT where frames differ in geometry, or buffers are missing
void checkCall(const std::vector<Frame>& frames, const std::vector<std::uint8_t*>& masks,
               const std::vector<std::uint8_t*>& probabilities, bool wantsProbabilities);

/// The sizes of one input of an engine under one profile.
struct InputRange {
  std::string name;
  Dims min, max;
};

/// @param engine for messages
/// @throws Error PROFILE_OUT_OF_RANGE naming the range; INVALID_ARGUMENT for another number of dimensions
void checkRange(const InputRange& range, const Dims& shape, int profile, const std::string& engine);

/// The range of `name`: the profile's where the tensor is dynamic, its own size else.
InputRange inputRange(const std::string& name, const Dims& dims, const std::vector<Profile>& profiles, int profile);

/// The input's shape for a batch of pictures.
Dims inputShape(int batch, int channels, int height, int width, bool nhwc);

/// Width, height and channels of a network's output.
/// @param isLogits else class ids: N x H x W, N x 1 x H x W or N x H x W x 1
/// @throws Error OUTPUT_UNSUPPORTED
OutputGrid outputGrid(const Dims& dims, bool isLogits, bool nhwc, const std::string& name);

/// Host memory that the device reads and writes by itself.
class PinnedRanges {
 public:
  void add(const void* memory, std::size_t bytes);
  bool remove(const void* memory);
  bool contains(const void* memory, std::size_t bytes) const;
  std::vector<const void*> all() const;

 private:
  std::map<std::uintptr_t, std::size_t> ranges_;
};

/// Part of a transfer between host memory and device memory.
struct Transfer {
  std::uint8_t* host = nullptr;
  std::size_t deviceOffset = 0, bytes = 0;
  /// Where it lies in pinned staging memory; unused where the host's memory is pinned itself.
  std::size_t stagingOffset = 0;
  bool direct = false;
};

/// Small enough that copying on the host and to the device overlap and that nobody waits long for a helper that woke
/// late, large enough that the cost of starting a copy does not show.
constexpr std::size_t kPIECE_BYTES = std::size_t{256} << 10;

/// Transfers of `bytes` each for host buffers that lie `deviceDistance` apart on the device: whole ones where the
/// memory is pinned, pieces elsewhere. Answers how much staging memory they need.
std::size_t planTransfers(const std::vector<std::uint8_t*>& hosts, std::size_t bytes, std::size_t deviceDistance,
                          const PinnedRanges& pinned, std::vector<Transfer>& transfers);

double median(std::vector<double> values);

}  // namespace maskforge
