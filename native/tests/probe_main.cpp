// Prints what the driver says, a line for each fact: for tests that need a process of their own. Told of a backend and a
// TensorRT, it also tries to build with them, and prints why not.
#include <cstdio>

#include "error_code.h"
#include "maskforge/cuda_probe.h"
#include "maskforge/library.h"

int main(int count, char** arguments) {
  const maskforge::CudaReport report = maskforge::probeCuda();
  std::printf("library %s\ncuda %d\ndevices %zu\nreason %s\n", report.driverLibrary.c_str(), report.cudaVersion,
              report.devices.size(), report.reason.c_str());
  if (count != 3) return 0;
  const Refusal refusal = refusalOf([&] {
    const auto backend = maskforge::openLibrary(maskforge::Family::tensorrt10, arguments[1], {arguments[2], ""});
    maskforge::BuildRequest request;
    request.onnxPath = "any.onnx";
    request.enginePath = "/nowhere/any.engine";
    backend->build(request, {});
  });
  std::printf("refusal %s %s\n", refusal.code.c_str(), refusal.message.c_str());
  return 0;
}
