#include "network.h"

#include <algorithm>
#include <memory>

#include "maskforge/files.h"

namespace maskforge {
namespace {

constexpr int kERRORS_TOLD = 5;

const char* orEmpty(const char* text) { return text == nullptr ? "" : text; }

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

const char* codeOf(const nvonnxparser::IParserError& error) {
  const std::string said = orEmpty(error.desc());
  if (contains(said, "Plugin not found") || contains(said, "plugin was not found") ||
      contains(said, "No importer registered") || contains(said, "creator && \"")) {
    return "ONNX_PLUGIN_MISSING";
  }
  switch (error.code()) {
    case nvonnxparser::ErrorCode::kUNSUPPORTED_GRAPH:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_ATTR:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_INPUT:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_DATATYPE:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_DYNAMIC:
    case nvonnxparser::ErrorCode::kUNSUPPORTED_NODE_SHAPE: return "ONNX_OPERATOR_UNSUPPORTED";
    case nvonnxparser::ErrorCode::kMEM_ALLOC_FAILED: return "OUT_OF_MEMORY";
    default: return "ONNX_PARSE_FAILED";
  }
}

/// Such as: Node "/head/NonZero" (NonZero): reason.
std::string describe(const nvonnxparser::IParserError& error) {
  const std::string name = orEmpty(error.nodeName());
  const std::string op = orEmpty(error.nodeOperator());
  std::string text;
  if (!name.empty()) {
    text = "Node \"" + name + "\"";
  } else if (!op.empty()) {
    text = "Node " + std::to_string(error.node());
  }
  if (!op.empty()) text += " (" + op + ")";
  if (!text.empty()) text += ": ";
  return text + orEmpty(error.desc());
}

[[noreturn]] void throwParserErrors(const nvonnxparser::IParser& parser, const std::string& path, const LogSink& log) {
  const int count = parser.getNbErrors();
  std::string code = "ONNX_PARSE_FAILED";
  std::string text = path + " cannot be read by TensorRT's ONNX parser.";
  for (int i = 0; i < std::min(count, kERRORS_TOLD); ++i) {
    const nvonnxparser::IParserError* error = parser.getError(i);
    if (error == nullptr) continue;
    if (i == 0) code = codeOf(*error);
    text += "\n" + describe(*error);
  }
  if (count > kERRORS_TOLD) text += "\n… and " + std::to_string(count - kERRORS_TOLD) + " more.";
  if (count == 0 && !log.errors().empty()) text += "\n" + log.errors();
  throw Error(code, text);
}

TensorInfo describeTensor(const nvinfer1::ITensor& tensor, bool isInput) {
  return {orEmpty(tensor.getName()), isInput, fromTrt(tensor.getType()), fromTrt(tensor.getDimensions())};
}

}  // namespace

std::unique_ptr<nvonnxparser::IParser> parseOnnx(const TrtApi& api, const BuildRequest& request,
                                                 nvinfer1::INetworkDefinition& network, LogSink& log) {
  if (api.createParser == nullptr) {
    throw Error("LIBRARY_MISSING", "No ONNX parser was found beside " + api.runtimePath + ", so nothing can be built.");
  }
  std::vector<std::uint8_t> fileBytes;
  if (request.onnxBytes.empty()) fileBytes = readFile(request.onnxPath, "FILE_READ_FAILED");
  const std::vector<std::uint8_t>& bytes = request.onnxBytes.empty() ? fileBytes : request.onnxBytes;
  if (bytes.empty()) throw Error("ONNX_PARSE_FAILED", request.onnxPath + " is empty.");
  std::unique_ptr<nvonnxparser::IParser> parser(static_cast<nvonnxparser::IParser*>(
      api.createParser(&network, &Logger::instance(), NV_ONNX_PARSER_VERSION)));
  if (!parser) throw Error("LIBRARY_BROKEN", api.parserPath + " gave no parser. " + log.errors());
  // The path is where weights beside the graph are looked for.
  const char* path = request.onnxPath.empty() ? nullptr : request.onnxPath.c_str();
  if (!parser->parse(bytes.data(), bytes.size(), path)) throwParserErrors(*parser, request.onnxPath, log);
  if (network.getNbOutputs() == 0 || network.getNbInputs() == 0) {
    throw Error("ONNX_PARSE_FAILED", request.onnxPath + " has no input or no output.");
  }
  return parser;
}

std::vector<TensorInfo> networkTensors(const nvinfer1::INetworkDefinition& network) {
  std::vector<TensorInfo> tensors;
  for (int32_t i = 0; i < network.getNbInputs(); ++i) tensors.push_back(describeTensor(*network.getInput(i), true));
  for (int32_t i = 0; i < network.getNbOutputs(); ++i) tensors.push_back(describeTensor(*network.getOutput(i), false));
  return tensors;
}

}  // namespace maskforge
