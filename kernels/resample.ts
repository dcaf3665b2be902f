/**
 * Separable resampling of interleaved 8-bit pixels with 22-bit fixed-point weights: the arithmetic of Pillow's
 * `Image.resize`, so that a network is fed the very numbers that its Python evaluation fed it.
 *
 * AssemblyScript, compiled by `scripts/generate-kernels.mjs`. The caller owns the memory and passes addresses; nothing
 * here allocates. Weights come as `taps` numbers for each output position, beginning at `bounds[position]`.
 */

const FRACTION_BITS: i32 = 22;
const HALF: i32 = 1 << (FRACTION_BITS - 1);

function widen(address: usize): v128 {
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(address)));
}

function narrow(sum: v128): u32 {
  const words = i32x4.shr_s(sum, FRACTION_BITS);
  const halves = i16x8.narrow_i32x4_s(words, words);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(halves, halves), 0);
}

/**
 * Rows of `sourceWidth` pixels to rows of `width` pixels. Reads and writes up to one byte past a row of three-channel
 * pixels, so both areas need a spare byte at their end.
 */
export function resampleRows(
  source: usize,
  sourceWidth: i32,
  channels: i32,
  rows: i32,
  target: usize,
  width: i32,
  bounds: usize,
  weights: usize,
  taps: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const line = source + <usize>row * <usize>(sourceWidth * channels);
    let out = target + <usize>row * <usize>(width * channels);
    for (let x = 0; x < width; x++) {
      const first = load<i32>(bounds + ((<usize>x) << 3));
      const count = load<i32>(bounds + ((<usize>x) << 3) + 4);
      let pixel = line + <usize>(first * channels);
      let weight = weights + <usize>(x * taps) * 4;
      let sum = i32x4.splat(HALF);
      for (let k = 0; k < count; k++) {
        sum = i32x4.add(sum, i32x4.mul(widen(pixel), v128.load32_splat(weight)));
        pixel += channels;
        weight += 4;
      }
      store<u32>(out, narrow(sum));
      out += channels;
    }
  }
}

/** One output row of `bytes` bytes from `count` rows that begin at `source`, `stride` bytes apart. */
export function resampleColumn(
  source: usize,
  stride: i32,
  count: i32,
  weights: usize,
  target: usize,
  bytes: i32,
): void {
  let x = 0;
  for (; x + 16 <= bytes; x += 16) {
    let a = i32x4.splat(HALF);
    let b = a;
    let c = a;
    let d = a;
    let line = source + x;
    for (let k = 0; k < count; k++) {
      const weight = v128.load32_splat(weights + ((<usize>k) << 2));
      const pixels = v128.load(line);
      const low = i16x8.extend_low_i8x16_u(pixels);
      const high = i16x8.extend_high_i8x16_u(pixels);
      a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), weight));
      b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), weight));
      c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), weight));
      d = i32x4.add(d, i32x4.mul(i32x4.extend_high_i16x8_u(high), weight));
      line += stride;
    }
    const low = i16x8.narrow_i32x4_s(i32x4.shr_s(a, FRACTION_BITS), i32x4.shr_s(b, FRACTION_BITS));
    const high = i16x8.narrow_i32x4_s(i32x4.shr_s(c, FRACTION_BITS), i32x4.shr_s(d, FRACTION_BITS));
    v128.store(target + x, i8x16.narrow_i16x8_u(low, high));
  }
  for (; x < bytes; x++) {
    let sum = HALF;
    let line = source + x;
    for (let k = 0; k < count; k++) {
      sum += <i32>load<u8>(line) * load<i32>(weights + ((<usize>k) << 2));
      line += stride;
    }
    const value = sum >> FRACTION_BITS;
    store<u8>(target + x, <u8>min(max(value, 0), 255));
  }
}
