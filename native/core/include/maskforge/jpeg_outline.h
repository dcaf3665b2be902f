// What a JPEG is made of, read from its markers alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace maskforge {

/// Whether it is a JPEG that every version of libjpeg decodes to the very same pixels: baseline or progressive Huffman,
/// 8 bits, gray or three components of which the first has 1x1, 2x1 or 2x2 samples for each of the others', this large,
/// in not too many scans, none of which is missing, with tables and with its end. What comes after the end does not
/// count.
bool isPlainJpeg(const std::uint8_t* bytes, std::size_t count, int width, int height) noexcept;

}  // namespace maskforge
