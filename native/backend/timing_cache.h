// TensorRT's timing cache in an envelope of ours: what it measured, for which library, with a checksum. TensorRT is
// never handed bytes that it did not write itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trt.h"

namespace maskforge {

/// @return the cache inside the envelope; empty when damaged or of another library, and then `why` says so
std::vector<std::uint8_t> openTimingCache(const std::vector<std::uint8_t>& envelope, const TrtApi& api,
                                          std::string& why);
std::vector<std::uint8_t> sealTimingCache(const void* bytes, std::size_t count, const TrtApi& api);

/// Attaches a cache to the configuration; must outlive the build. Null where the library keeps none.
std::unique_ptr<nvinfer1::ITimingCache> attachTimingCache(nvinfer1::IBuilderConfig& config,
                                                          const std::vector<std::uint8_t>& envelope,
                                                          const TrtApi& api, LogSink& log);
/// What the configuration's cache holds after a build, in its envelope; empty where the library keeps none.
std::vector<std::uint8_t> collectTimingCache(const nvinfer1::IBuilderConfig& config, const TrtApi& api);

}  // namespace maskforge
