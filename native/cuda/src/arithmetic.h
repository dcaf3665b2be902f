// The arithmetic of pre- and postprocessing, once, for the device and for the host. Products and sums of floats are
// rounded one by one: a fused multiply-add would give other bits than the WebAssembly kernels give.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "maskforge/tasks.h"

#ifdef __CUDACC__
#include <cuda_fp16.h>
#define MASKFORGE_HD __host__ __device__ __forceinline__
#else
#define MASKFORGE_HD inline
#endif

namespace maskforge {

MASKFORGE_HD float mulRounded(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

MASKFORGE_HD float addRounded(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}

MASKFORGE_HD float bitsToFloat(std::uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

// --- Elements of logits --------------------------------------------------------------------------------------------

struct Half {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

MASKFORGE_HD float toFloat(float value) { return value; }
MASKFORGE_HD float toFloat(BFloat16 value) { return bitsToFloat(static_cast<std::uint32_t>(value.bits) << 16); }
MASKFORGE_HD float toFloat(Half value) {
#ifdef __CUDA_ARCH__
  return __half2float(__ushort_as_half(value.bits));
#else
  const std::uint32_t sign = (value.bits & 0x8000u) << 16;
  const std::uint32_t exponent = (value.bits >> 10) & 0x1f;
  const std::uint32_t fraction = value.bits & 0x3ffu;
  if (exponent == 31) return bitsToFloat(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return bitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float magnitude = static_cast<float>(fraction) * 5.9604644775390625e-8f;  // 2^-24
  return sign != 0 ? -magnitude : magnitude;
#endif
}

// --- Pixels --------------------------------------------------------------------------------------------------------

/// Red in the lowest byte, then green, then blue; the highest byte is not looked at.
using PackedPixel = std::uint32_t;

MASKFORGE_HD PackedPixel pack(int r, int g, int b) {
  return static_cast<PackedPixel>(r) | (static_cast<PackedPixel>(g) << 8) | (static_cast<PackedPixel>(b) << 16);
}
MASKFORGE_HD int channelOf(PackedPixel pixel, int channel) { return static_cast<int>((pixel >> (channel * 8)) & 255u); }

MASKFORGE_HD int clampToByte(int value) { return value < 0 ? 0 : value > 255 ? 255 : value; }

/// Luma as ITU-R BT.601 weighs it, in 16-bit fixed point.
MASKFORGE_HD int luma(PackedPixel pixel) {
  return (channelOf(pixel, 0) * 19595 + channelOf(pixel, 1) * 38470 + channelOf(pixel, 2) * 7471 + 32768) >> 16;
}

MASKFORGE_HD PackedPixel yuvToRgb(int y, int u, int v, const YuvCoefficients& c) {
  const int base = (y - c.lumaOffset) * c.luma + 32768;
  u -= 128;
  v -= 128;
  return pack(clampToByte((base + v * c.redFromV) >> 16),
              clampToByte((base + u * c.greenFromU + v * c.greenFromV) >> 16),
              clampToByte((base + u * c.blueFromU) >> 16));
}

struct Rgb8Reader {
  const std::uint8_t* pixels;
  std::size_t stride;
  MASKFORGE_HD PackedPixel operator()(int x, int y) const {
    const std::uint8_t* at = pixels + y * stride + static_cast<std::size_t>(x) * 3;
    return pack(at[0], at[1], at[2]);
  }
};

/// Rows that begin at multiples of four bytes.
struct PackedReader {
  const std::uint8_t* pixels;
  std::size_t stride;
  MASKFORGE_HD PackedPixel operator()(int x, int y) const {
    return reinterpret_cast<const std::uint32_t*>(pixels + y * stride)[x];
  }
};

struct Rgba8Reader {
  const std::uint8_t* pixels;
  std::size_t stride;
  MASKFORGE_HD PackedPixel operator()(int x, int y) const {
    const std::uint8_t* at = pixels + y * stride + static_cast<std::size_t>(x) * 4;
    return pack(at[0], at[1], at[2]);
  }
};

/// Each chroma sample belongs to a square of 2 x 2 pixels, cut off at the right and lower edge of odd sizes.
struct Nv12Reader {
  const std::uint8_t* pixels;
  std::size_t stride;
  int height;
  YuvCoefficients coefficients;
  MASKFORGE_HD PackedPixel operator()(int x, int y) const {
    const std::uint8_t* chroma = pixels + stride * (height + y / 2) + (x & ~1);
    return yuvToRgb(pixels[y * stride + x], chroma[0], chroma[1], coefficients);
  }
};

// --- Resizing ------------------------------------------------------------------------------------------------------

constexpr int kWEIGHT_BITS = 22;

/// Weighted sums of three channels in 22-bit fixed point, rounded to bytes at the end.
struct WeightedSum {
  int r = 1 << (kWEIGHT_BITS - 1), g = 1 << (kWEIGHT_BITS - 1), b = 1 << (kWEIGHT_BITS - 1);
  MASKFORGE_HD void add(PackedPixel pixel, int weight) {
    r += channelOf(pixel, 0) * weight;
    g += channelOf(pixel, 1) * weight;
    b += channelOf(pixel, 2) * weight;
  }
  MASKFORGE_HD PackedPixel rounded() const {
    return pack(clampToByte(r >> kWEIGHT_BITS), clampToByte(g >> kWEIGHT_BITS), clampToByte(b >> kWEIGHT_BITS));
  }
};

// --- Logits --------------------------------------------------------------------------------------------------------

/// `(1 - t) * a + t * b`, with `s` for 1 - t.
MASKFORGE_HD float interpolate(float a, float b, float s, float t) {
  return addRounded(mulRounded(s, a), mulRounded(t, b));
}

/// One class between its four corners: first down, then across.
MASKFORGE_HD float bilinear(float topLeft, float topRight, float bottomLeft, float bottomRight, float sx, float tx,
                            float sy, float ty) {
  return interpolate(interpolate(topLeft, bottomLeft, sy, ty), interpolate(topRight, bottomRight, sy, ty), sx, tx);
}

/// e^x for x <= 0, the same bits on device and host; relative error below 1e-6.
MASKFORGE_HD float expNegative(float x) {
  if (!(x > -80.0f)) return x == x ? 0.0f : x;
  const float scaled = addRounded(mulRounded(x, 1.44269504f), -0.5f);
  const int power = static_cast<int>(scaled);  // towards zero: rounds x / ln 2 to the nearest, since x <= 0
  const float k = static_cast<float>(power);
  const float r = addRounded(addRounded(x, mulRounded(k, -0.693359375f)), mulRounded(k, 2.12194440e-4f));
  float sum = addRounded(mulRounded(r, 1.0f / 720), 1.0f / 120);
  sum = addRounded(mulRounded(r, sum), 1.0f / 24);
  sum = addRounded(mulRounded(r, sum), 1.0f / 6);
  sum = addRounded(mulRounded(r, sum), 0.5f);
  sum = addRounded(mulRounded(r, sum), 1.0f);
  sum = addRounded(mulRounded(r, sum), 1.0f);
  return mulRounded(sum, bitsToFloat(static_cast<std::uint32_t>(127 + power) << 23));
}

/// The winner's softmax probability as a byte from the sum of e^(logit - winner's logit); 0 where that is no number.
MASKFORGE_HD std::uint8_t probabilityByte(float sum) {
  if (!(sum >= 1.0f)) return 0;
#ifdef __CUDA_ARCH__
  const float share = __fdiv_rn(255.0f, sum);
#else
  const float share = 255.0f / sum;
#endif
  return static_cast<std::uint8_t>(addRounded(share, 0.5f));
}

/// Ids below 0 mean "ignored" and become, like all that do not fit, the largest id that the mask can hold.
MASKFORGE_HD std::uint32_t fitId(std::uint32_t id, std::uint32_t largest) { return id > largest ? largest : id; }

}  // namespace maskforge
