// What TensorRT means when it refuses something: it says so in log lines only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "maskforge/types.h"

namespace maskforge {

/// The code for a plan that TensorRT would not open: ENGINE_FOREIGN (another TensorRT, another GPU), ENGINE_CORRUPT,
/// ENGINE_PLUGIN_MISSING, DEVICE_OUT_OF_MEMORY, else ENGINE_OPEN_FAILED.
const char* engineErrorCode(const std::string& errors) noexcept;

/// The code for a build that gave no plan: DEVICE_OUT_OF_MEMORY, ENGINE_LAYER_IMPOSSIBLE, DEVICE_LOST, else
/// ENGINE_BUILD_FAILED.
const char* buildErrorCode(const std::string& errors) noexcept;

/// What can be told from the bytes alone, before TensorRT sees them.
/// @throws Error ENGINE_CORRUPT (empty, cut short), ENGINE_FOREIGN (TensorRT's, where that for RTX is asked)
void checkPlan(const std::vector<std::uint8_t>& plan, const std::string& path, Family family);

}  // namespace maskforge
