// What the graphics driver says, asked through libcuda.so.1 alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskforge {

struct CudaDevice {
  int index = 0;
  std::string name;
  /// Such as 90 for 9.0.
  int computeCapability = 0;
  std::uint64_t totalMemory = 0;
  /// What the driver says is free now; 0 where it does not tell without a context.
  std::uint64_t freeMemory = 0;
  std::string uuid;
  int multiprocessors = 0;
};

struct CudaReport {
  /// Empty without a driver library.
  std::string driverLibrary;
  /// Such as 13000 for 13.0; 0 where unknown.
  int cudaVersion = 0;
  std::vector<CudaDevice> devices;
  /// Why there is no device; empty when there is one.
  std::string reason;
};

/// Never throws for what the driver does; may take seconds (a sleeping GPU is woken), so not for a user interface's
/// thread. Makes no context: it costs no device memory.
CudaReport probeCuda();

}  // namespace maskforge
