#include "session_plan.h"

#include <algorithm>

#include "maskforge/error.h"

namespace maskforge {

namespace {

std::string text(const Dims& dims) {
  std::string result;
  for (const std::int64_t size : dims) result += (result.empty() ? "" : "x") + std::to_string(size);
  return result;
}

std::vector<Chunk> chunksOf(int items, BatchRange batch) {
  std::vector<Chunk> chunks;
  for (int first = 0; first < items; first += batch.max) {
    const int count = std::min(batch.max, items - first);
    chunks.push_back({first, count, std::max(batch.min, count)});
  }
  return chunks;
}

bool sameGeometry(const Frame& a, const Frame& b) {
  return a.width == b.width && a.height == b.height && a.stride == b.stride && a.format == b.format &&
         a.matrix == b.matrix && a.fullRange == b.fullRange;
}

bool samePlacement(const Placement& a, const Placement& b) {
  const auto sameTile = [](const Placement::Tile& one, const Placement::Tile& other) {
    return one.x == other.x && one.y == other.y;
  };
  return a.resizedWidth == b.resizedWidth && a.resizedHeight == b.resizedHeight && a.inputWidth == b.inputWidth &&
         a.inputHeight == b.inputHeight && a.maskWidth == b.maskWidth && a.maskHeight == b.maskHeight &&
         a.scaleX == b.scaleX && a.scaleY == b.scaleY && a.fill == b.fill &&
         std::equal(a.tiles.begin(), a.tiles.end(), b.tiles.begin(), b.tiles.end(), sameTile);
}

}  // namespace

std::vector<Wave> planWaves(int frames, int tiles, BatchRange batch) {
  std::vector<Wave> waves;
  const int framesAtOnce = tiles > 1 ? 1 : batch.max;
  for (int first = 0; first < frames; first += framesAtOnce) {
    const int count = std::min(framesAtOnce, frames - first);
    waves.push_back({first, count, chunksOf(count * tiles, batch)});
  }
  return waves;
}

CallKey callKey(int frames, const Frame& frame, const Placement& placement) {
  return {frames, frame.width, frame.height, frame.stride, frame.format, frame.matrix, frame.fullRange, placement};
}

bool operator==(const CallKey& a, const CallKey& b) {
  return a.frames == b.frames && a.width == b.width && a.height == b.height && a.stride == b.stride &&
         a.format == b.format && a.matrix == b.matrix && a.fullRange == b.fullRange &&
         samePlacement(a.placement, b.placement);
}

void checkCall(const std::vector<Frame>& frames, const std::vector<std::uint8_t*>& masks,
               const std::vector<std::uint8_t*>& probabilities, bool wantsProbabilities) {
  if (frames.empty()) throw Error("INVALID_ARGUMENT", "No frame was given.");
  if (masks.size() != frames.size()) throw Error("INVALID_ARGUMENT", "Each frame needs a mask to write to.");
  const std::size_t expected = wantsProbabilities ? frames.size() : 0;
  if (probabilities.size() != expected) {
    throw Error("INVALID_ARGUMENT", wantsProbabilities ? "Each frame needs probabilities to write to."
                                                       : "This session was not opened for probabilities.");
  }
  for (const Frame& frame : frames) {
    if (frame.pixels == nullptr) throw Error("INVALID_ARGUMENT", "A frame has no pixels.");
    if (!sameGeometry(frame, frames.front())) throw Error("INVALID_ARGUMENT", "Frames of one call differ in size.");
  }
  const auto isNull = [](const std::uint8_t* memory) { return memory == nullptr; };
  if (std::any_of(masks.begin(), masks.end(), isNull) ||
      std::any_of(probabilities.begin(), probabilities.end(), isNull)) {
    throw Error("INVALID_ARGUMENT", "A mask has no memory.");
  }
}

void checkRange(const InputRange& range, const Dims& shape, int profile, const std::string& engine) {
  if (shape.size() != range.min.size()) {
    throw Error("INVALID_ARGUMENT", "Input " + range.name + " of " + engine + " has " +
                                        std::to_string(range.min.size()) + " dimensions, and " + text(shape) +
                                        " was given.");
  }
  bool inside = true;
  for (std::size_t i = 0; i < shape.size(); ++i)
    inside = inside && shape[i] >= range.min[i] && shape[i] <= range.max[i];
  if (inside) return;
  const bool fixed = range.min == range.max;
  const std::string takes =
      fixed ? text(range.min) + " only"
            : text(range.min) + " to " + text(range.max) + " (profile " + std::to_string(profile) + ")";
  throw Error("PROFILE_OUT_OF_RANGE",
              "Input " + range.name + " of " + engine + " takes " + takes + "; " + text(shape) + " lies outside.");
}

InputRange inputRange(const std::string& name, const Dims& dims, const std::vector<Profile>& profiles, int profile) {
  const bool dynamic = std::any_of(dims.begin(), dims.end(), [](std::int64_t size) { return size < 0; });
  if (!dynamic) return {name, dims, dims};
  if (profile < 0 || profile >= static_cast<int>(profiles.size())) {
    throw Error("PROFILE_OUT_OF_RANGE", "There is no profile " + std::to_string(profile) + "; the engine has " +
                                            std::to_string(profiles.size()) + ".");
  }
  for (const ShapeRange& range : profiles[static_cast<std::size_t>(profile)]) {
    if (range.name == name) return {name, range.min, range.max};
  }
  throw Error("INVALID_ARGUMENT", "The engine's profile says nothing of input " + name + ".");
}

Dims inputShape(int batch, int channels, int height, int width, bool nhwc) {
  if (nhwc) return {batch, height, width, channels};
  return {batch, channels, height, width};
}

OutputGrid outputGrid(const Dims& dims, bool isLogits, bool nhwc, const std::string& name) {
  const auto dim = [&](std::size_t index) { return static_cast<int>(dims[index]); };
  const bool known = std::all_of(dims.begin(), dims.end(), [](std::int64_t size) { return size > 0; });
  if (known && dims.size() == 4) {
    if (isLogits) return nhwc ? OutputGrid{dim(3), dim(2), dim(1)} : OutputGrid{dim(1), dim(3), dim(2)};
    if (dims[1] == 1) return {1, dim(3), dim(2)};
    if (dims[3] == 1) return {1, dim(2), dim(1)};
  }
  if (known && dims.size() == 3 && !isLogits) return {1, dim(2), dim(1)};
  throw Error("OUTPUT_UNSUPPORTED", "Output " + name + " of shape " + text(dims) + " is no " +
                                        (isLogits ? "picture of logits." : "picture of class ids."));
}

void PinnedRanges::add(const void* memory, std::size_t bytes) {
  ranges_[reinterpret_cast<std::uintptr_t>(memory)] = bytes;
}

bool PinnedRanges::remove(const void* memory) { return ranges_.erase(reinterpret_cast<std::uintptr_t>(memory)) != 0; }

bool PinnedRanges::contains(const void* memory, std::size_t bytes) const {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  auto next = ranges_.upper_bound(address);
  if (next == ranges_.begin()) return false;
  --next;
  return address + bytes <= next->first + next->second;
}

std::vector<const void*> PinnedRanges::all() const {
  std::vector<const void*> memory;
  for (const auto& range : ranges_) memory.push_back(reinterpret_cast<const void*>(range.first));
  return memory;
}

std::size_t planTransfers(const std::vector<std::uint8_t*>& hosts, std::size_t bytes, std::size_t deviceDistance,
                          const PinnedRanges& pinned, std::vector<Transfer>& transfers) {
  std::size_t staging = 0;
  for (std::size_t index = 0; index < hosts.size(); ++index) {
    const std::size_t device = deviceDistance * index;
    if (pinned.contains(hosts[index], bytes)) {
      transfers.push_back({hosts[index], device, bytes, 0, true});
      continue;
    }
    for (std::size_t at = 0; at < bytes; at += kPIECE_BYTES) {
      const std::size_t length = std::min(kPIECE_BYTES, bytes - at);
      transfers.push_back({hosts[index] + at, device + at, length, staging, false});
      staging += length;
    }
  }
  return staging;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace maskforge
