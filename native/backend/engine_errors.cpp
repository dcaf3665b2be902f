#include "engine_errors.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <initializer_list>

#include "maskforge/error.h"

namespace maskforge {
namespace {

// Every plan begins with four letters, the first of which tells the kind: ftrt for TensorRT 10, vtrt for TensorRT for
// RTX. The latter's whole length follows; TensorRT 10 checks its own.
constexpr char kMAGIC_END[3] = {'t', 'r', 't'};
constexpr std::uint8_t kRTX_LETTER = 'v';
constexpr std::size_t kRTX_SIZE_OFFSET = 16;
/// The plan of a network with one layer is several kilobytes.
constexpr std::size_t kSMALLEST_PLAN = 512;

std::string lowered(const std::string& text) {
  std::string result = text;
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool saysAny(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

bool saysOutOfMemory(const std::string& text) {
  return saysAny(text, {"out of memory", "outofmemory", "out_of_memory", "insufficient memory"});
}

bool saysDeviceLost(const std::string& text) {
  return saysAny(text, {"illegal memory access", "unspecified launch failure", "misaligned address",
                        "an illegal instruction", "uncorrectable ecc"});
}

}  // namespace

const char* engineErrorCode(const std::string& errors) noexcept {
  try {
    const std::string text = lowered(errors);
    if (saysOutOfMemory(text)) return "DEVICE_OUT_OF_MEMORY";
    if (saysDeviceLost(text)) return "DEVICE_LOST";
    if (saysAny(text, {"cannot find plugin", "could not find plugin", "plugin not found", "no plugin creator"})) {
      return "ENGINE_PLUGIN_MISSING";
    }
    if (saysAny(text, {"not compatible with this version", "incompatible device", "incompatible platform",
                       "version tag does not match", "please rebuild", "compute capability", "different platform",
                       "expecting library version", "not compatible with"})) {
      return "ENGINE_FOREIGN";
    }
    // The head of another generation's plan: not damaged, only unknown here.
    if (saysAny(text, {"magictag", "magic tag"})) return "ENGINE_FOREIGN";
    if (saysAny(text, {"does not match archive size", "serialization assertion",
                       "deserialization", "archive", "invalid engine", "corrupt"})) {
      return "ENGINE_CORRUPT";
    }
  } catch (...) {
    // Out of host memory: the general code will do.
  }
  return "ENGINE_OPEN_FAILED";
}

const char* buildErrorCode(const std::string& errors) noexcept {
  try {
    const std::string text = lowered(errors);
    if (saysDeviceLost(text)) return "DEVICE_LOST";
    if (saysOutOfMemory(text)) return "DEVICE_OUT_OF_MEMORY";
    if (saysAny(text, {"could not find any implementation"})) return "ENGINE_LAYER_IMPOSSIBLE";
  } catch (...) {
    // As above.
  }
  return "ENGINE_BUILD_FAILED";
}

void checkPlan(const std::vector<std::uint8_t>& plan, const std::string& path, Family family) {
  if (plan.size() < kSMALLEST_PLAN) {
    throw Error("ENGINE_CORRUPT", path + " holds no engine: it is only " + std::to_string(plan.size()) + " bytes long.");
  }
  if (std::memcmp(plan.data() + 1, kMAGIC_END, sizeof kMAGIC_END) != 0) {
    throw Error("ENGINE_CORRUPT", path + " does not begin as an engine does.");
  }
  if (family != Family::tensorrtRtx) return;
  if (plan[0] != kRTX_LETTER) {
    throw Error("ENGINE_FOREIGN", path + " was built by TensorRT, not by TensorRT for RTX.");
  }
  std::uint64_t told = 0;
  std::memcpy(&told, plan.data() + kRTX_SIZE_OFFSET, sizeof told);
  if (told != plan.size()) {
    throw Error("ENGINE_CORRUPT", path + " should be " + std::to_string(told) + " bytes long, but has " +
                                      std::to_string(plan.size()) + ".");
  }
}

}  // namespace maskforge
