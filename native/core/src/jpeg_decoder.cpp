#include "maskforge/jpeg_decoder.h"

#include <dlfcn.h>

#include <utility>
#include <vector>

#include "maskforge/dynamic_library.h"
#include "maskforge/jpeg_outline.h"

namespace maskforge {
namespace {

// Of TurboJPEG's C interface, as version 2 and 3 have it.
constexpr int kPackedRgb = 0;
constexpr int kColourRgb = 0, kColourYCbCr = 1, kColourGray = 2;
constexpr int kStopOnWarning = 8192, kLimitScans = 32768;
constexpr int kFlags = kStopOnWarning | kLimitScans;

std::vector<std::string> namesOf(const std::string& named) {
  if (!named.empty()) return {named};
  return {"libturbojpeg.so.0", "libturbojpeg.so"};
}

/// The file in which this lies; `otherwise` where the loader does not say.
std::string fileOf(const void* address, const std::string& otherwise) {
  Dl_info info{};
  return dladdr(address, &info) != 0 && info.dli_fname != nullptr ? info.dli_fname : otherwise;
}

}  // namespace

struct JpegDecoder::Functions {
  using Open = void* (*)();
  using Header = int (*)(void*, const unsigned char*, unsigned long, int*, int*, int*, int*);
  using Decompress = int (*)(void*, const unsigned char*, unsigned long, unsigned char*, int, int, int, int, int);
  using Close = int (*)(void*);

  explicit Functions(const DynamicLibrary& library)
      : open(library.find<Open>("tjInitDecompress")),
        header(library.find<Header>("tjDecompressHeader3")),
        decompress(library.find<Decompress>("tjDecompress2")),
        close(library.find<Close>("tjDestroy")),
        // Came with 2.0, as did stopping at warnings.
        hasErrorCodes(library.find<Close>("tjGetErrorCode") != nullptr) {}

  bool decode(void* handle, const std::uint8_t* bytes, std::size_t count, int width, int height,
              std::uint8_t* target) const noexcept {
    int realWidth = 0, realHeight = 0, samples = 0, colour = -1;
    if (header(handle, bytes, count, &realWidth, &realHeight, &samples, &colour) != 0) return false;
    if (realWidth != width || realHeight != height) return false;
    if (colour != kColourRgb && colour != kColourYCbCr && colour != kColourGray) return false;
    return decompress(handle, bytes, count, target, width, width * 3, height, kPackedRgb, kFlags) == 0;
  }

  bool areWhole() const noexcept {
    return open != nullptr && header != nullptr && decompress != nullptr && close != nullptr && hasErrorCodes;
  }

  Open open;
  Header header;
  Decompress decompress;
  Close close;
  bool hasErrorCodes;
};

std::unique_ptr<JpegDecoder> JpegDecoder::open(const std::string& named) {
  for (const std::string& name : namesOf(named)) {
    DynamicLibrary library;
    std::string reason;
    if (!DynamicLibrary::tryOpen(name, library, reason)) continue;
    auto functions = std::make_unique<const Functions>(library);
    if (!functions->areWhole()) continue;
    const std::string file = fileOf(reinterpret_cast<const void*>(functions->open), name);
    // It keeps state for each thread, and threads come and go.
    library.release();
    return std::unique_ptr<JpegDecoder>(new JpegDecoder(std::move(functions), file));
  }
  return nullptr;
}

JpegDecoder::JpegDecoder(std::unique_ptr<const Functions> functions, std::string library)
    : functions_(std::move(functions)), library_(std::move(library)) {}

JpegDecoder::~JpegDecoder() = default;

bool JpegDecoder::decode(const std::uint8_t* bytes, std::size_t count, int width, int height, std::uint8_t* target,
                         std::size_t targetBytes) const noexcept {
  if (width < 1 || height < 1) return false;
  if (targetBytes != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) return false;
  if (!isPlainJpeg(bytes, count, width, height)) return false;
  // One for each picture: its tables outlive a picture, so that the next one, were it without, would get those; and a
  // header that was given up halfway is never forgotten.
  void* handle = functions_->open();
  if (handle == nullptr) return false;
  const bool done = functions_->decode(handle, bytes, count, width, height, target);
  functions_->close(handle);
  return done;
}

}  // namespace maskforge
