// From ONNX bytes to TensorRT's network.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "maskforge/build.h"
#include "trt.h"

namespace maskforge {

/// @return the parser, which owns the weights that the network points to: it must outlive the build
/// @throws Error ONNX_PARSE_FAILED, ONNX_OPERATOR_UNSUPPORTED, ONNX_PLUGIN_MISSING, LIBRARY_MISSING (no parser open)
std::unique_ptr<nvonnxparser::IParser> parseOnnx(const TrtApi& api, const BuildRequest& request,
                                                 nvinfer1::INetworkDefinition& network, LogSink& log);

std::vector<TensorInfo> networkTensors(const nvinfer1::INetworkDefinition& network);

}  // namespace maskforge
