// Optimisation profiles: which shapes an engine is built for.
#pragma once

#include <vector>

#include "maskforge/types.h"
#include "trt.h"

namespace maskforge {

/// Checks the ranges against the network and adds them to the configuration.
/// @throws Error PROFILE_MISSING (a dynamic input without a range), PROFILE_INVALID
void addProfiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                 const nvinfer1::INetworkDefinition& network, const std::vector<Profile>& profiles);

}  // namespace maskforge
