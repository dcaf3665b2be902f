// Prints what the driver says, a line for each fact: for tests that need a process of their own.
#include <cstdio>

#include "maskforge/cuda_probe.h"

int main() {
  const maskforge::CudaReport report = maskforge::probeCuda();
  std::printf("library %s\ncuda %d\ndevices %zu\nreason %s\n", report.driverLibrary.c_str(), report.cudaVersion,
              report.devices.size(), report.reason.c_str());
  return 0;
}
