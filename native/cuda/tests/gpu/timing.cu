// How long each kernel takes: medians by events, over buffers that take turns so that the second-level cache holds
// nothing useful of the frame before (as between two frames of a session, when a network ran in between).
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include "cases.h"
#include "device_memory.h"
#include "maskforge/kernels.h"
#include "timing.h"

namespace maskforge::testing {

namespace {

using cases::Random;

/// More than the second-level cache of any GPU holds.
constexpr std::size_t kROTATED_BYTES = std::size_t{160} << 20;
/// So many runs are queued behind a kernel that holds the stream: otherwise the host's launches would be timed.
constexpr int kQUEUED_RUNS = 100;
constexpr unsigned long long kHOLD_NANOSECONDS = 3'000'000;

__global__ void hold() {
  unsigned long long start = 0, now = 0;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(start));
  do asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  while (now - start < kHOLD_NANOSECONDS);
}

struct Event {
  Event() { check(cudaEventCreate(&event), "cudaEventCreate"); }
  ~Event() { cudaEventDestroy(event); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t event = nullptr;
};

struct Timer {
  explicit Timer(int runs) : runs_(runs) { check(cudaStreamCreate(&stream_), "cudaStreamCreate"); }
  ~Timer() { cudaStreamDestroy(stream_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Median of the times of one `work(i)`, in microseconds.
  double median(const std::function<void(int, cudaStream_t)>& work) const {
    for (int i = 0; i < 20; ++i) work(i, stream_);
    check(cudaStreamSynchronize(stream_), "warming up");
    std::vector<Event> starts(static_cast<std::size_t>(runs_)), ends(static_cast<std::size_t>(runs_));
    for (int i = 0; i < runs_; ++i) {
      if (i % kQUEUED_RUNS == 0) hold<<<1, 1, 0, stream_>>>();
      check(cudaEventRecord(starts[static_cast<std::size_t>(i)].event, stream_), "cudaEventRecord");
      work(i, stream_);
      check(cudaEventRecord(ends[static_cast<std::size_t>(i)].event, stream_), "cudaEventRecord");
    }
    check(cudaStreamSynchronize(stream_), "timing");
    std::vector<float> times(static_cast<std::size_t>(runs_));
    for (std::size_t i = 0; i < times.size(); ++i) {
      check(cudaEventElapsedTime(&times[i], starts[i].event, ends[i].event), "cudaEventElapsedTime");
    }
    std::nth_element(times.begin(), times.begin() + runs_ / 2, times.end());
    return times[static_cast<std::size_t>(runs_ / 2)] * 1000.0;
  }

 private:
  int runs_;
  cudaStream_t stream_ = nullptr;
};

void print(const char* name, double microseconds, double bytes) {
  std::printf("    {\"name\": \"%s\", \"medianUs\": %.2f, \"bytes\": %.0f, \"gigabytesPerSecond\": %.0f},\n", name,
              microseconds, bytes, bytes / microseconds / 1000);
}

void timePreprocess(const Timer& timer, const char* name, const cases::PreprocessCase& test) {
  Random random(1);
  const Frame shape = cases::frameOf(test, nullptr);
  const Placement placement = cases::placementOf(test, random);
  const PreprocessPlan plan(shape, placement, cases::normalisationOf(test, random));
  const std::size_t each = plan.frameDistance() + plan.itemBytes();
  const int sets = static_cast<int>(std::min<std::size_t>(64, kROTATED_BYTES / each + 1));
  const DeviceMemory tables(plan.tables()), frames(random.bytes(plan.frameDistance() * sets));
  const DeviceMemory middle(plan.middleDistance()), input(plan.itemBytes() * sets);
  const double median = timer.median([&](int i, cudaStream_t stream) {
    const std::size_t set = static_cast<std::size_t>(i % sets);
    const std::uint8_t* from = frames.get() + plan.frameDistance() * set;
    std::uint8_t* to = input.get() + plan.itemBytes() * set;
    check(launch(plan.bind(tables.get(), from, middle.get(), to, 0, 1), stream), "launch");
  });
  print(name, median, static_cast<double>(frameBytes(shape) + plan.itemBytes()));
}

void timeUpsample(const Timer& timer, const char* name, const cases::PostprocessCase& test, DataType type, bool nhwc,
                  bool probability) {
  const PostprocessPlan plan(cases::placementOf(test), {type, nhwc, {test.classes, test.gridWidth, test.gridHeight}},
                             test.wide);
  const std::size_t each = plan.itemBytes() + plan.maskBytes();
  const int sets = static_cast<int>(std::min<std::size_t>(64, kROTATED_BYTES / each + 1));
  const std::size_t elements = plan.itemBytes() / elementBytes(type);
  const DeviceMemory tables(plan.tables()), masks(plan.maskBytes() * sets), certainty(plan.pixels());
  const DeviceMemory logits(cases::logits(elements * sets, type, 3));
  const double median = timer.median([&](int i, cudaStream_t stream) {
    const std::size_t set = static_cast<std::size_t>(i % sets);
    std::uint8_t* to = masks.get() + plan.maskBytes() * set;
    std::uint8_t* sure = probability ? certainty.get() : nullptr;
    check(launch(plan.bindUpsample(tables.get(), logits.get() + plan.itemBytes() * set, to, sure, 1), stream),
          "launch");
  });
  print(name, median, static_cast<double>(each + (probability ? plan.pixels() : 0)));
}

/// The ceilings: a copy of this many bytes on the device, and an empty stretch between two events.
void timeCopies(const Timer& timer) {
  print("nothing between two events", timer.median([](int, cudaStream_t) {}), 0);
  for (const std::size_t bytes : {std::size_t{8} << 20, std::size_t{1} << 30}) {
    const DeviceMemory from(Random(2).bytes(1 << 20)), source(bytes), target(bytes);
    for (std::size_t at = 0; at < bytes; at += from.bytes()) {
      check(cudaMemcpy(source.get() + at, from.get(), from.bytes(), cudaMemcpyDeviceToDevice), "cudaMemcpy");
    }
    const double median = timer.median([&](int, cudaStream_t stream) {
      check(cudaMemcpyAsync(target.get(), source.get(), bytes, cudaMemcpyDeviceToDevice, stream), "cudaMemcpyAsync");
    });
    print(bytes > (std::size_t{100} << 20) ? "copy of 1 GiB" : "copy of 8 MiB", median,
          2.0 * static_cast<double>(bytes));
  }
}

cases::PreprocessCase sized(PixelFormat format, int width, int height, int inputWidth, int inputHeight, int element) {
  cases::PreprocessCase test;
  test.format = format;
  test.width = width;
  test.height = height;
  test.resizedWidth = test.inputWidth = inputWidth;
  test.resizedHeight = test.inputHeight = inputHeight;
  test.elementBytes = element;
  return test;
}

void timeAllPreprocessing(const Timer& timer) {
  const auto rgba = PixelFormat::rgba8, rgb = PixelFormat::rgb8, nv12 = PixelFormat::nv12;
  timePreprocess(timer, "rgba 512x512 to float16", sized(rgba, 512, 512, 512, 512, 2));
  timePreprocess(timer, "rgba 1024x1024 to float16", sized(rgba, 1024, 1024, 1024, 1024, 2));
  timePreprocess(timer, "rgba 1024x1024 to float32", sized(rgba, 1024, 1024, 1024, 1024, 4));
  timePreprocess(timer, "rgba 1024x1024 to uint8", sized(rgba, 1024, 1024, 1024, 1024, 1));
  timePreprocess(timer, "rgb 1024x1024 to float16", sized(rgb, 1024, 1024, 1024, 1024, 2));
  timePreprocess(timer, "nv12 1024x1024 to float16", sized(nv12, 1024, 1024, 1024, 1024, 2));
  timePreprocess(timer, "nv12 1280x720 to float16", sized(nv12, 1280, 720, 1280, 720, 2));
  timePreprocess(timer, "rgba 1280x720 to float16", sized(rgba, 1280, 720, 1280, 720, 2));
  timePreprocess(timer, "rgba 1280x720 resized to 1024x1024, float16", sized(rgba, 1280, 720, 1024, 1024, 2));
  timePreprocess(timer, "nv12 1280x720 resized to 512x512, float16", sized(nv12, 1280, 720, 512, 512, 2));
  timePreprocess(timer, "rgba 3840x2160 resized to 1024x1024, float16", sized(rgba, 3840, 2160, 1024, 1024, 2));
  timePreprocess(timer, "nv12 3840x2160 resized to 1024x1024, float16", sized(nv12, 3840, 2160, 1024, 1024, 2));
}

void timeAllPostprocessing(const Timer& timer) {
  const auto single = DataType::float32, half = DataType::float16;
  timeUpsample(timer, "128x128x19 float16 to 512x512", {"", 19, 128, 128, 512, 512}, half, false, false);
  timeUpsample(timer, "256x256x19 float16 to 1024x1024", {"", 19, 256, 256, 1024, 1024}, half, false, false);
  timeUpsample(timer, "256x256x19 float32 to 1024x1024", {"", 19, 256, 256, 1024, 1024}, single, false, false);
  timeUpsample(timer, "256x256x19 float16 NHWC to 1024x1024", {"", 19, 256, 256, 1024, 1024}, half, true, false);
  timeUpsample(timer, "256x256x19 float16 to 1024x1024 with probability", {"", 19, 256, 256, 1024, 1024}, half, false,
               true);
  timeUpsample(timer, "256x256x150 float16 to 1024x1024", {"", 150, 256, 256, 1024, 1024}, half, false, false);
  timeUpsample(timer, "256x256x19 float16 to 1280x720", {"", 19, 256, 256, 1280, 720}, half, false, false);
  timeUpsample(timer, "256x256x19 float16 to 3840x2160", {"", 19, 256, 256, 3840, 2160}, half, false, false);
  timeUpsample(timer, "1024x1024x19 float16 at its own size", {"", 19, 1024, 1024, 1024, 1024}, half, false, false);
}

}  // namespace

int printTimings(int runs) {
  const Timer timer(std::max(1, runs));
  cudaDeviceProp device{};
  int driver = 0;
  check(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  std::printf("{\n  \"device\": \"%s\", \"cuda\": %d, \"runs\": %d, \"kernels\": [\n", device.name, driver, runs);
  timeAllPreprocessing(timer);
  timeAllPostprocessing(timer);
  timeCopies(timer);
  std::printf("    null\n  ]\n}\n");
  return 0;
}

}  // namespace maskforge::testing
