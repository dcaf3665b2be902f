// Looks like a TensorRT runtime from outside, as far as it is looked at while it is opened.
#include <dlfcn.h>

extern "C" {

int getInferLibMajorVersion() { return 10; }
int getInferLibMinorVersion() { return FAKE_MINOR; }
int getInferLibPatchVersion() { return 0; }
int getInferLibBuildVersion() { return 1; }

#if !defined(FAKE_HOLLOW)
void* createInferBuilder_INTERNAL(void*, int) { return nullptr; }
void* createInferRuntime_INTERNAL(void*, int) { return nullptr; }
void* getPluginRegistry() { return nullptr; }
/// As TensorRT 10.6 does while it builds: by bare name, with nothing that says where.
int fake_open_neighbour() { return dlopen("libnvinfer_builder_resource.so.10.6.0", RTLD_NOW) == nullptr ? 0 : 1; }
#endif
}
