#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "error_code.h"
#include "maskforge/cuda_probe.h"
#include "maskforge/dynamic_library.h"
#include "maskforge/files.h"
#include "temporary_folder.h"

namespace {

using maskforge::DynamicLibrary;

std::string output(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  std::array<char, 4096> part{};
  while (pipe && std::fgets(part.data(), part.size(), pipe.get()) != nullptr) text += part.data();
  return text;
}

TEST(DynamicLibrary, NamesWhatIsMissing) {
  const Refusal refusal = refusalOf([] { DynamicLibrary("/nowhere/libnvinfer.so.10"); });
  EXPECT_EQ(refusal.code, "LIBRARY_MISSING");
  EXPECT_NE(refusal.message.find("/nowhere/libnvinfer.so.10"), std::string::npos);
}

TEST(DynamicLibrary, SaysThatATextIsNoLibrary) {
  EXPECT_EQ(codeOf([] { DynamicLibrary(__FILE__); }), "LIBRARY_BROKEN");
}

TEST(DynamicLibrary, FindsSymbolsAndMissesOthers) {
  DynamicLibrary library(MASKFORGE_FAKES "/whole/whole.so.10");
  EXPECT_EQ(library.require<int (*)()>("getInferLibMajorVersion")(), 10);
  EXPECT_EQ(library.find<int (*)()>("getNothing"), nullptr);
  const Refusal refusal = refusalOf([&] { library.require<int (*)()>("getNothing"); });
  EXPECT_EQ(refusal.code, "LIBRARY_BROKEN");
  EXPECT_NE(refusal.message.find("getNothing"), std::string::npos);
  DynamicLibrary moved = std::move(library);
  EXPECT_FALSE(library);  // NOLINT: what is left behind is what is tested.
  EXPECT_TRUE(moved);
}

TEST(Files, WritesWholeFilesOnly) {
  const TemporaryFolder folder;
  const std::string text = "an engine";
  maskforge::writeFileDurably(folder.file("engine"), text.data(), text.size());
  const auto bytes = maskforge::readFile(folder.file("engine"), "UNUSED");
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), text);
  const auto missing = [&] { maskforge::writeFileDurably(folder.file("no/engine"), text.data(), text.size()); };
  EXPECT_EQ(codeOf(missing), "FILE_WRITE_FAILED");
}

// A full disk, as far as a test can make one: no file may grow past 4 KiB. In a process of its own.
TEST(Files, LeavesNothingWhereTheDiskIsFull) {
  const TemporaryFolder folder;
  const std::string path = folder.file("engine");
  const auto write = [&] {
    const rlimit limit{4096, 4096};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) std::exit(2);
    const std::string text(100'000, 'x');
    const std::string code = codeOf([&] { maskforge::writeFileDurably(path, text.data(), text.size()); });
    std::exit(code == "FILE_WRITE_FAILED" ? 0 : 1);
  };
  EXPECT_EXIT(write(), testing::ExitedWithCode(0), "");
  EXPECT_TRUE(folder.empty());
}

TEST(Files, ReadsWithTheCallersCode) {
  EXPECT_EQ(codeOf([] { maskforge::readFile("/nowhere/engine", "FILE_READ_FAILED"); }), "FILE_READ_FAILED");
  EXPECT_EQ(codeOf([] { maskforge::readFile("/tmp", "FILE_READ_FAILED"); }), "FILE_READ_FAILED");
}

TEST(Files, PrivateFoldersLeaveNothing) {
  std::string path;
  {
    maskforge::PrivateFolder folder;
    path = folder.path();
    EXPECT_TRUE(folder.link(__FILE__, "here"));
    EXPECT_FALSE(folder.link(__FILE__, "here")) << "the name is taken";
    EXPECT_TRUE(maskforge::isRegularFile(path + "/here"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Probe, HasADeviceOrAReason) {
  const maskforge::CudaReport report = maskforge::probeCuda();
  EXPECT_EQ(report.devices.empty(), !report.reason.empty()) << report.reason;
  if (report.driverLibrary.empty()) {
    EXPECT_EQ(report.cudaVersion, 0);
  }
  for (const maskforge::CudaDevice& device : report.devices) {
    EXPECT_FALSE(device.name.empty());
    EXPECT_GT(device.totalMemory, 0u);
    EXPECT_GE(device.computeCapability, 30);
  }
}

TEST(Probe, TellsWhatADriverWithoutADeviceSays) {
  const std::string said = output("LD_LIBRARY_PATH=" MASKFORGE_FAKES "/driver " MASKFORGE_PROBE);
  EXPECT_NE(said.find("libcuda.so.1\n"), std::string::npos) << said;
  EXPECT_NE(said.find("cuda 12040\n"), std::string::npos) << said;
  EXPECT_NE(said.find("devices 0\n"), std::string::npos) << said;
  EXPECT_NE(said.find("reason cuInit answered CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)"),
            std::string::npos)
      << said;
}

#if defined(MASKFORGE_BACKEND_10)
// The probe lists its device; CUDA itself refuses it, before TensorRT is touched.
TEST(Probe, SaysThatADriverIsTooOld) {
  const std::string said = output("LD_LIBRARY_PATH=" MASKFORGE_FAKES "/old_driver " MASKFORGE_PROBE
                                  " " MASKFORGE_BACKEND_10 " " MASKFORGE_FAKES "/whole/whole.so.10");
  EXPECT_NE(said.find("devices 1\n"), std::string::npos) << said;
  EXPECT_NE(said.find("refusal DRIVER_TOO_OLD "), std::string::npos) << said;
}
#endif

}  // namespace
