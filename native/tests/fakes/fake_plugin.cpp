// A plugin library with no plugin in it.
#include <cstdint>

extern "C" {

#if defined(FAKE_foreign)
const char* maskforge_plugin_family() { return "10"; }
#endif
void* const* getCreators(int32_t& count) {
  count = 0;
  return nullptr;
}
void setLoggerFinder(void*) {}
}
