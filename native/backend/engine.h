// Opening engines and looking into them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine_holder.h"
#include "maskforge/backend.h"
#include "maskforge/build.h"
#include "trt.h"

namespace maskforge {

/// @throws Error FILE_READ_FAILED, ENGINE_CORRUPT, ENGINE_FOREIGN, ENGINE_PLUGIN_MISSING, ENGINE_OPEN_FAILED, NO_DEVICE,
///   DEVICE_OUT_OF_MEMORY
std::unique_ptr<Engine> openTrtEngine(const TrtApi& api, const std::string& path, int device,
                                      const std::function<void(const LogLine&)>& log);

/// Fills in what only an open engine tells (layers, their information), where this machine can open what it just built;
/// else leaves the result as it is.
void describeBuiltPlan(const TrtApi& api, const nvinfer1::IHostMemory& plan, const BuildRequest& request,
                       BuildResult& result);

}  // namespace maskforge
