#include "profiles.h"

#include <algorithm>
#include <string>

#include "network.h"

namespace maskforge {
namespace {

bool isDynamic(const TensorInfo& tensor) {
  return std::any_of(tensor.dims.begin(), tensor.dims.end(), [](std::int64_t size) { return size < 0; });
}

[[noreturn]] void refuse(const ShapeRange& range, const std::string& why) {
  throw Error("PROFILE_INVALID", "The profile of input \"" + range.name + "\" (min " + shapeText(range.min) + ", opt " +
                                     shapeText(range.opt) + ", max " + shapeText(range.max) + ") " + why);
}

void checkRange(const TensorInfo& input, const ShapeRange& range) {
  const std::size_t axes = input.dims.size();
  if (range.min.size() != axes || range.opt.size() != axes || range.max.size() != axes) {
    refuse(range, "does not have the " + std::to_string(axes) + " axes of the input, " + shapeText(input.dims) + ".");
  }
  for (std::size_t i = 0; i < axes; ++i) {
    if (range.min[i] < 1 || range.min[i] > range.opt[i] || range.opt[i] > range.max[i]) {
      refuse(range, "must have 1 <= min <= opt <= max on axis " + std::to_string(i) + ".");
    }
    const bool fixed = input.dims[i] >= 0;
    if (fixed && (range.min[i] != input.dims[i] || range.max[i] != input.dims[i])) {
      refuse(range, "changes axis " + std::to_string(i) + ", which the graph fixes: " + shapeText(input.dims) + ".");
    }
  }
}

const TensorInfo& inputNamed(const std::vector<TensorInfo>& tensors, const ShapeRange& range) {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) {
    return tensor.isInput && tensor.name == range.name;
  });
  if (found == tensors.end()) refuse(range, "names no input of the graph.");
  return *found;
}

void requireRange(const Profile& profile, const TensorInfo& input) {
  const bool given = std::any_of(profile.begin(), profile.end(),
                                 [&](const ShapeRange& range) { return range.name == input.name; });
  if (given) return;
  throw Error("PROFILE_MISSING", "Input \"" + input.name + "\" has the dynamic shape " + shapeText(input.dims) +
                                     ", and no profile says between which sizes it lies.");
}

void setRange(nvinfer1::IOptimizationProfile& profile, const ShapeRange& range) {
  const char* name = range.name.c_str();
  const bool taken = profile.setDimensions(name, nvinfer1::OptProfileSelector::kMIN, toTrt(range.min)) &&
                     profile.setDimensions(name, nvinfer1::OptProfileSelector::kOPT, toTrt(range.opt)) &&
                     profile.setDimensions(name, nvinfer1::OptProfileSelector::kMAX, toTrt(range.max));
  if (!taken) refuse(range, "was refused by TensorRT.");
}

}  // namespace

void addProfiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                 const nvinfer1::INetworkDefinition& network, const std::vector<Profile>& profiles) {
  const std::vector<TensorInfo> tensors = networkTensors(network);
  const Profile none;
  for (const TensorInfo& tensor : tensors) {
    if (!tensor.isInput || !isDynamic(tensor)) continue;
    if (profiles.empty()) requireRange(none, tensor);
    for (const Profile& profile : profiles) requireRange(profile, tensor);
  }
  for (const Profile& ranges : profiles) {
    if (ranges.empty()) continue;
    // The builder owns its profiles.
    nvinfer1::IOptimizationProfile* profile = builder.createOptimizationProfile();
    if (profile == nullptr) throw Error("ENGINE_BUILD_FAILED", "TensorRT gave no optimisation profile.");
    for (const ShapeRange& range : ranges) {
      checkRange(inputNamed(tensors, range), range);
      setRange(*profile, range);
    }
    if (!profile->isValid() || config.addOptimizationProfile(profile) < 0) {
      refuse(ranges.front(), "was refused by TensorRT.");
    }
  }
}

}  // namespace maskforge
