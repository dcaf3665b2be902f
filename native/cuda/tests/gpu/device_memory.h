// Device memory for tests: poisoned before use, with a guard behind it.
#pragma once

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace maskforge::testing {

inline void check(cudaError_t error, const char* what) {
  if (error != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(error));
}

class DeviceMemory {
 public:
  static constexpr std::size_t kGUARD = 512;
  static constexpr std::uint8_t kPOISON = 0xcd;

  explicit DeviceMemory(std::size_t bytes) : bytes_(bytes) {
    check(cudaMalloc(&memory_, bytes + kGUARD), "cudaMalloc");
    check(cudaMemset(memory_, kPOISON, bytes + kGUARD), "cudaMemset");
  }
  explicit DeviceMemory(const std::vector<std::uint8_t>& data) : DeviceMemory(data.size()) {
    check(cudaMemcpy(memory_, data.data(), data.size(), cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  ~DeviceMemory() { cudaFree(memory_); }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  std::uint8_t* get() const { return static_cast<std::uint8_t*>(memory_); }
  std::size_t bytes() const { return bytes_; }

  std::vector<std::uint8_t> read() const {
    std::vector<std::uint8_t> data(bytes_ + kGUARD);
    check(cudaMemcpy(data.data(), memory_, data.size(), cudaMemcpyDeviceToHost), "cudaMemcpy");
    const auto guard = data.begin() + static_cast<std::ptrdiff_t>(bytes_);
    EXPECT_TRUE(std::all_of(guard, data.end(), [](std::uint8_t byte) { return byte == kPOISON; }))
        << "written past the end";
    data.resize(bytes_);
    return data;
  }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_;
};

/// Names the first byte that differs: a whole tensor in a message helps nobody.
inline void expectSame(const std::vector<std::uint8_t>& got, const std::vector<std::uint8_t>& expected,
                       const std::string& name) {
  ASSERT_EQ(got.size(), expected.size()) << name;
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = got.size(); i-- > 0;) {
    if (got[i] == expected[i]) continue;
    first = i;
    ++wrong;
  }
  EXPECT_EQ(wrong, 0u) << name << ": byte " << first << " of " << got.size() << " is " << int(got[first]) << ", not "
                       << int(expected[first]);
}

}  // namespace maskforge::testing
