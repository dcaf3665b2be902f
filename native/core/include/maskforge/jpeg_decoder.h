// Plain JPEGs by the TurboJPEG library of this machine (libjpeg-turbo), where it has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace maskforge {

/// Keeps nothing between pictures: any number of threads may share one.
class JpegDecoder {
 public:
  /// @param named the file to open, and no other; empty: whatever the system's loader knows by TurboJPEG's names
  /// @return null where there is no such library, or one older than 2.0
  static std::unique_ptr<JpegDecoder> open(const std::string& named);

  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder();

  /// The library's file.
  const std::string& library() const noexcept { return library_; }

  /// Packed RGB, rows from top to bottom, gray as three equal channels; neither profile nor orientation is looked at.
  /// The exact inverse transform and smooth upsampling, as image libraries decode.
  /// @param target exactly width * height * 3 bytes
  /// @return false where the picture has another size, is not a plain one (`isPlainJpeg`), is CMYK, or has the least
  ///   fault; `target` then holds whatever was decoded
  bool decode(const std::uint8_t* bytes, std::size_t count, int width, int height, std::uint8_t* target,
              std::size_t targetBytes) const noexcept;

 private:
  struct Functions;

  JpegDecoder(std::unique_ptr<const Functions> functions, std::string library);

  std::unique_ptr<const Functions> functions_;
  std::string library_;
};

}  // namespace maskforge
