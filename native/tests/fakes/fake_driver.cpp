// A driver whose GPU is gone: what a laptop answers in the wrong mode, or a container without its device.
extern "C" {

int cuInit(unsigned) { return 100; }
int cuDriverGetVersion(int* version) {
  *version = 12040;
  return 0;
}
int cuDeviceGetCount(int*) { return 3; }
int cuDeviceGet(int*, int) { return 3; }
int cuDeviceGetName(char*, int, int) { return 3; }
int cuDeviceGetAttribute(int*, int, int) { return 3; }
int cuDeviceTotalMem_v2(unsigned long*, int) { return 3; }
int cuGetErrorName(int, const char** name) {
  *name = "CUDA_ERROR_NO_DEVICE";
  return 0;
}
int cuGetErrorString(int, const char** text) {
  *text = "no CUDA-capable device is detected";
  return 0;
}
}
