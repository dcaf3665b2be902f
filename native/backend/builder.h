// From a request to an engine on the disk.
#pragma once

#include "maskforge/build.h"
#include "trt.h"

namespace maskforge {

/// @throws Error CANCELLED, NO_DEVICE, BUILD_OPTION_UNSUPPORTED, ENGINE_BUILD_FAILED, ENGINE_LAYER_IMPOSSIBLE,
///   DEVICE_OUT_OF_MEMORY, FILE_WRITE_FAILED and those of parsing and of profiles
BuildResult buildEngine(const TrtApi& api, const BuildRequest& request, const BuildObserver& observer);

}  // namespace maskforge
