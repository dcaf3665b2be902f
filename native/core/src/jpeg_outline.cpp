#include "maskforge/jpeg_outline.h"

#include <array>
#include <cstring>

namespace maskforge {
namespace {

constexpr std::uint8_t kBaseline = 0xC0, kExtended = 0xC1, kProgressive = 0xC2, kHuffmanTables = 0xC4;
constexpr std::uint8_t kFirstRestart = 0xD0, kLastRestart = 0xD7, kStart = 0xD8, kEnd = 0xD9, kScan = 0xDA;
constexpr std::uint8_t kQuantization = 0xDB, kRestartInterval = 0xDD;
constexpr std::uint8_t kFirstApp = 0xE0, kLastApp = 0xEF, kComment = 0xFE;
/// Encoders write about ten. Each scan of a crafted file costs as much as a picture; image libraries refuse hundreds.
constexpr int kMostScans = 50;
constexpr int kCoefficients = 64;
constexpr std::int8_t kMissing = -1;

class Outline {
 public:
  Outline(const std::uint8_t* bytes, std::size_t count) : at_(bytes), end_(bytes + count) {}

  bool isPlain(int width, int height) noexcept {
    if (left() < 2 || at_[0] != 0xFF || at_[1] != kStart) return false;
    at_ += 2;
    for (;;) {
      const int marker = nextMarker();
      if (marker == kEnd) return isComplete();
      if (marker < 0 || !segment(static_cast<std::uint8_t>(marker), width, height)) return false;
    }
  }

 private:
  struct Component {
    std::uint8_t id = 0;
    /// Of each coefficient, how many of its bits are still to come.
    std::array<std::int8_t, kCoefficients> bits{};
  };

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  static int wide(const std::uint8_t* at) noexcept { return at[0] << 8 | at[1]; }

  /// @return -1 where there is none
  int nextMarker() noexcept {
    if (left() < 2 || at_[0] != 0xFF) return -1;
    while (left() > 1 && at_[1] == 0xFF) ++at_;
    if (left() < 2) return -1;
    const int marker = at_[1];
    at_ += 2;
    return marker;
  }

  bool segment(std::uint8_t marker, int width, int height) noexcept {
    if (left() < 2) return false;
    const auto length = static_cast<std::size_t>(wide(at_));
    if (length < 2 || length > left()) return false;
    const std::uint8_t* body = at_ + 2;
    at_ += length;
    const std::size_t size = length - 2;
    if (marker == kBaseline || marker == kExtended || marker == kProgressive) {
      isProgressive_ = marker == kProgressive;
      return frame(body, size, width, height);
    }
    if (marker == kScan) return scan(body, size) && skipCoded();
    if (marker >= kFirstApp && marker <= kLastApp) return true;
    hasHuffmanTables_ |= marker == kHuffmanTables;
    hasQuantization_ |= marker == kQuantization;
    return marker == kHuffmanTables || marker == kQuantization || marker == kRestartInterval || marker == kComment;
  }

  bool frame(const std::uint8_t* body, std::size_t size, int width, int height) noexcept {
    if (components_ > 0 || size < 6 || body[0] != 8) return false;
    if (wide(body + 1) != height || wide(body + 3) != width) return false;
    const int count = body[5];
    if ((count != 1 && count != 3) || size != 6 + static_cast<std::size_t>(count) * 3) return false;
    for (int i = 0; i < count; ++i) {
      const std::uint8_t* entry = body + 6 + i * 3;
      const int samples = entry[1];
      const bool isUsual = i > 0 ? samples == 0x11 : samples == 0x11 || samples == 0x21 || samples == 0x22;
      if (!isUsual) return false;
      parts_[static_cast<std::size_t>(i)].id = entry[0];
      parts_[static_cast<std::size_t>(i)].bits.fill(kMissing);
    }
    components_ = count;
    return true;
  }

  bool scan(const std::uint8_t* body, std::size_t size) noexcept {
    if (components_ == 0 || ++scans_ > kMostScans || size < 1) return false;
    const int count = body[0];
    if (count < 1 || count > components_ || size != 4 + static_cast<std::size_t>(count) * 2) return false;
    const std::uint8_t* range = body + 1 + count * 2;
    const int first = isProgressive_ ? range[0] : 0;
    const int last = isProgressive_ ? range[1] : kCoefficients - 1;
    const auto bits = static_cast<std::int8_t>(isProgressive_ ? range[2] & 15 : 0);
    if (first > last || last >= kCoefficients) return false;
    for (int i = 0; i < count; ++i) {
      Component* part = named(body[1 + i * 2]);
      if (part == nullptr) return false;
      for (int k = first; k <= last; ++k) part->bits[static_cast<std::size_t>(k)] = bits;
    }
    return true;
  }

  Component* named(std::uint8_t id) noexcept {
    for (int i = 0; i < components_; ++i) {
      Component& part = parts_[static_cast<std::size_t>(i)];
      if (part.id == id) return &part;
    }
    return nullptr;
  }

  /// To the marker after the coded data, in which 0xFF is followed by zero or belongs to a restart.
  bool skipCoded() noexcept {
    while (left() > 1) {
      const auto* found = static_cast<const std::uint8_t*>(std::memchr(at_, 0xFF, left() - 1));
      if (found == nullptr) return false;
      const std::uint8_t next = found[1];
      at_ = found;
      if (next != 0 && next != 0xFF && (next < kFirstRestart || next > kLastRestart)) return true;
      at_ += next == 0xFF ? 1 : 2;
    }
    return false;
  }

  /// Of what is missing, versions of libjpeg make different guesses.
  bool isComplete() const noexcept {
    if (components_ == 0 || !hasHuffmanTables_ || !hasQuantization_) return false;
    for (int i = 0; i < components_; ++i) {
      for (const std::int8_t bits : parts_[static_cast<std::size_t>(i)].bits) {
        if (bits != 0) return false;
      }
    }
    return true;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool isProgressive_ = false, hasHuffmanTables_ = false, hasQuantization_ = false;
  int components_ = 0;
  int scans_ = 0;
  std::array<Component, 3> parts_{};
};

}  // namespace

bool isPlainJpeg(const std::uint8_t* bytes, std::size_t count, int width, int height) noexcept {
  return Outline(bytes, count).isPlain(width, height);
}

}  // namespace maskforge
