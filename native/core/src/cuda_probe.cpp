#include "maskforge/cuda_probe.h"

#include <dlfcn.h>
#include <link.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "maskforge/dynamic_library.h"

namespace maskforge {
namespace {

// The driver's interface is stable and small; declaring what is called here spares a toolkit.
using CuResult = int;
using CuDevice = int;
struct CuUuid {
  unsigned char bytes[16];
};
constexpr int kMULTIPROCESSORS = 16;
constexpr int kMAJOR = 75;
constexpr int kMINOR = 76;
constexpr std::chrono::seconds kPATIENCE{20};

struct NvmlMemory {
  unsigned long long total, free, used;
};

/// Free memory without a context: only the management library tells.
class Management {
 public:
  Management() {
    std::string reason;
    if (!DynamicLibrary::tryOpen("libnvidia-ml.so.1", library_, reason)) return;
    const auto init = library_.find<int (*)()>("nvmlInit_v2");
    if (init == nullptr || init() != 0) return;
    ready_ = true;
    byBus_ = library_.find<decltype(byBus_)>("nvmlDeviceGetHandleByPciBusId_v2");
    memory_ = library_.find<decltype(memory_)>("nvmlDeviceGetMemoryInfo");
  }
  ~Management() {
    const auto shutdown = ready_ ? library_.find<int (*)()>("nvmlShutdown") : nullptr;
    if (shutdown != nullptr) shutdown();
  }
  Management(const Management&) = delete;
  Management& operator=(const Management&) = delete;

  std::uint64_t freeMemory(const char* busId) const {
    void* device = nullptr;
    NvmlMemory memory{};
    if (!ready_ || byBus_ == nullptr || memory_ == nullptr) return 0;
    if (byBus_(busId, &device) != 0 || memory_(device, &memory) != 0) return 0;
    return memory.free;
  }

 private:
  DynamicLibrary library_;
  bool ready_ = false;
  int (*byBus_)(const char*, void**) = nullptr;
  int (*memory_)(void*, NvmlMemory*) = nullptr;
};

class Driver {
 public:
  explicit Driver(DynamicLibrary& library)
      : init(library.find<decltype(init)>("cuInit")),
        driverVersion(library.find<decltype(driverVersion)>("cuDriverGetVersion")),
        deviceCount(library.find<decltype(deviceCount)>("cuDeviceGetCount")),
        deviceGet(library.find<decltype(deviceGet)>("cuDeviceGet")),
        deviceName(library.find<decltype(deviceName)>("cuDeviceGetName")),
        deviceAttribute(library.find<decltype(deviceAttribute)>("cuDeviceGetAttribute")),
        deviceMemory(library.find<decltype(deviceMemory)>("cuDeviceTotalMem_v2")),
        deviceUuid(library.find<decltype(deviceUuid)>("cuDeviceGetUuid")),
        busId(library.find<decltype(busId)>("cuDeviceGetPCIBusId")),
        errorName(library.find<decltype(errorName)>("cuGetErrorName")),
        errorString(library.find<decltype(errorString)>("cuGetErrorString")) {}

  bool complete() const {
    return init && driverVersion && deviceCount && deviceGet && deviceName && deviceAttribute && deviceMemory;
  }

  std::string describe(const char* call, CuResult result) const {
    const char* name = nullptr;
    const char* text = nullptr;
    if (errorName != nullptr) errorName(result, &name);
    if (errorString != nullptr) errorString(result, &text);
    std::string said = std::string(call) + " answered " + (name == nullptr ? std::to_string(result) : name);
    return text == nullptr ? said : said + " (" + text + ")";
  }

  CuResult (*init)(unsigned);
  CuResult (*driverVersion)(int*);
  CuResult (*deviceCount)(int*);
  CuResult (*deviceGet)(CuDevice*, int);
  CuResult (*deviceName)(char*, int, CuDevice);
  CuResult (*deviceAttribute)(int*, int, CuDevice);
  CuResult (*deviceMemory)(std::size_t*, CuDevice);
  CuResult (*deviceUuid)(CuUuid*, CuDevice);
  CuResult (*busId)(char*, int, CuDevice);
  CuResult (*errorName)(CuResult, const char**);
  CuResult (*errorString)(CuResult, const char**);
};

std::string uuidText(const CuUuid& uuid) {
  std::string text = "GPU-";
  char hex[3];
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    std::snprintf(hex, sizeof hex, "%02x", uuid.bytes[i]);
    text += hex;
  }
  return text;
}

/// @return false when the driver refused to speak of the device
bool describeDevice(const Driver& driver, const Management& management, int index, CudaDevice& device) {
  CuDevice handle = 0;
  if (driver.deviceGet(&handle, index) != 0) return false;
  char name[256] = "";
  int major = 0, minor = 0;
  std::size_t bytes = 0;
  if (driver.deviceName(name, sizeof name, handle) != 0) return false;
  if (driver.deviceAttribute(&major, kMAJOR, handle) != 0) return false;
  if (driver.deviceAttribute(&minor, kMINOR, handle) != 0) return false;
  if (driver.deviceMemory(&bytes, handle) != 0) return false;
  device.index = index;
  device.name = name;
  device.computeCapability = major * 10 + minor;
  device.totalMemory = bytes;
  driver.deviceAttribute(&device.multiprocessors, kMULTIPROCESSORS, handle);
  CuUuid uuid{};
  if (driver.deviceUuid != nullptr && driver.deviceUuid(&uuid, handle) == 0) device.uuid = uuidText(uuid);
  char bus[32] = "";
  if (driver.busId != nullptr && driver.busId(bus, sizeof bus, handle) == 0) {
    device.freeMemory = management.freeMemory(bus);
  }
  return true;
}

std::string loadedPath(void* symbol, const std::string& fallback) {
  Dl_info info{};
  return dladdr(symbol, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : fallback;
}

CudaReport askDriver() {
  CudaReport report;
  DynamicLibrary library;
  std::string reason;
  if (!DynamicLibrary::tryOpen("libcuda.so.1", library, reason)) {
    report.reason = "There is no NVIDIA driver on this machine: " + reason;
    return report;
  }
  const Driver driver(library);
  if (!driver.complete()) {
    report.reason = library.path() + " is not a driver that this program can ask.";
    return report;
  }
  report.driverLibrary = loadedPath(reinterpret_cast<void*>(driver.init), library.path());
  // A driver keeps threads and state of its own once it was initialised.
  library.release();
  driver.driverVersion(&report.cudaVersion);
  if (const CuResult result = driver.init(0); result != 0) {
    report.reason = driver.describe("cuInit", result);
    return report;
  }
  int count = 0;
  if (const CuResult result = driver.deviceCount(&count); result != 0) {
    report.reason = driver.describe("cuDeviceGetCount", result);
    return report;
  }
  const Management management;
  for (int index = 0; index < count; ++index) {
    CudaDevice device;
    if (describeDevice(driver, management, index, device)) report.devices.push_back(std::move(device));
  }
  if (report.devices.empty()) report.reason = "The driver answers, but shows no device to this process.";
  return report;
}

struct Answer {
  std::mutex mutex;
  std::condition_variable arrived;
  bool ready = false;
  CudaReport report;
};

}  // namespace

CudaReport probeCuda() {
  // cuInit has been seen to hang on machines with a half-dead driver; then its thread is left behind.
  const auto answer = std::make_shared<Answer>();
  std::thread([answer] {
    CudaReport report = askDriver();
    const std::lock_guard<std::mutex> lock(answer->mutex);
    answer->report = std::move(report);
    answer->ready = true;
    answer->arrived.notify_all();
  }).detach();
  std::unique_lock<std::mutex> lock(answer->mutex);
  if (answer->arrived.wait_for(lock, kPATIENCE, [&] { return answer->ready; })) return std::move(answer->report);
  CudaReport report;
  report.driverLibrary = "libcuda.so.1";
  report.reason = "The NVIDIA driver did not answer within " + std::to_string(kPATIENCE.count()) + " seconds.";
  return report;
}

}  // namespace maskforge
