#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "timing.h"

/// `maskforge_gpu_tests [--timing [runs]] [GoogleTest's options]`
int main(int argc, char** argv) {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0) {
    std::fprintf(stderr, "These tests need a GPU: %s\n", cudaGetErrorString(error));
    return 2;
  }
  try {
    for (int i = 1; i < argc; ++i) {
      if (std::strcmp(argv[i], "--timing") != 0) continue;
      return maskforge::testing::printTimings(i + 1 < argc ? std::atoi(argv[i + 1]) : 200);
    }
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
