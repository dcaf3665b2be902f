// A driver whose GPU is gone: what a laptop answers in the wrong mode, or a container without its device. With
// FAKE_WITH_DEVICE one that has a GPU, but serves CUDA 9 only.
#include <cstdio>

extern "C" {

#if defined(FAKE_WITH_DEVICE)
constexpr int kANSWER = 0, kVERSION = 9020;
int cuInit(unsigned) { return 0; }
#else
constexpr int kANSWER = 3, kVERSION = 12040;
int cuInit(unsigned) { return 100; }
#endif
int cuDriverGetVersion(int* version) {
  *version = kVERSION;
  return 0;
}
int cuDeviceGetCount(int* count) {
  *count = 1;
  return kANSWER;
}
int cuDeviceGet(int* device, int index) {
  *device = index;
  return kANSWER;
}
int cuDeviceGetName(char* name, int length, int) {
  std::snprintf(name, static_cast<unsigned>(length), "Fake GPU");
  return kANSWER;
}
int cuDeviceGetAttribute(int* value, int, int) {
  *value = 8;
  return kANSWER;
}
int cuDeviceTotalMem_v2(unsigned long* bytes, int) {
  *bytes = 1ul << 33;
  return kANSWER;
}
int cuGetErrorName(int, const char** name) {
  *name = "CUDA_ERROR_NO_DEVICE";
  return 0;
}
int cuGetErrorString(int, const char** text) {
  *text = "no CUDA-capable device is detected";
  return 0;
}
}
