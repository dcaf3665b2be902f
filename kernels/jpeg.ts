/**
 * Baseline JPEG with interleaved YCbCr to RGB, bit by bit as the image library's decoder does it: its integer inverse
 * DCT, its triangle filter for reduced chroma, its 16-bit factors for colours. Anything out of the ordinary ends it with
 * a number other than 0; the caller then leaves the picture to the library, which also knows what to say of it.
 *
 * AssemblyScript, compiled by `scripts/generate-kernels.mjs`. The caller owns the memory and passes addresses; nothing
 * here allocates.
 */

const CUT_SHORT: i32 = 1;
const NO_SUCH_CODE: i32 = 2;
const OTHER_END: i32 = 3;
const OUT_OF_RANGE: i32 = 4;

/** Of a Huffman table: codes of up to 10 bits (length and symbol), then for each length the last code, and its symbol. */
const LOOKUP_BITS: u64 = 10;
const LAST_CODES: usize = 2048;
const OFFSETS: usize = 2120;
const SYMBOLS: usize = 2192;

let bitBuffer: u64 = 0;
let bitCount: i32 = 0;
/** Bits in the buffer, or taken from it, that stand for data behind the end. */
let missing: i32 = 0;
/** All bits that any coefficient has had, dequantised or after the first pass of its transform; its sign apart. */
let extent: i32 = 0;
/** Beyond it decoders of other processors differ from each other. */
const MOST_EXTENT: i32 = 1 << 14;
let at: usize = 0;
let end: usize = 0;

/** Fills the buffer, whose next bit is its highest, to 32 bits at least. */
function refill(): void {
  if (at + 4 <= end) {
    const word = bswap<u32>(load<u32>(at));
    const inverse = ~word;
    // No byte of 255: none is stuffed, and none begins a marker.
    if (((inverse - 0x01010101) & ~inverse & 0x80808080) == 0) {
      bitBuffer |= (<u64>word) << (32 - bitCount);
      bitCount += 32;
      at += 4;
      return;
    }
  }
  while (bitCount <= 56) {
    let byte: u64 = 0;
    if (at < end && load<u8>(at) != 255) {
      byte = load<u8>(at);
      at += 1;
    } else if (at + 1 < end && load<u8>(at, 1) == 0) {
      byte = 255;
      at += 2;
    } else {
      missing += 8;
    }
    bitBuffer |= byte << (56 - bitCount);
    bitCount += 8;
  }
}

/** The next symbol; -1 where no code begins so. */
function symbol(table: usize): i32 {
  const entry = <i32>load<u16>(table + ((<usize>(bitBuffer >> (64 - LOOKUP_BITS))) << 1));
  if (entry != 0) {
    const length = entry >> 8;
    bitBuffer <<= length;
    bitCount -= length;
    return entry & 255;
  }
  const bits = <i32>(bitBuffer >> 48);
  for (let length = <i32>LOOKUP_BITS + 1; length <= 16; length++) {
    const code = bits >> (16 - length);
    const row = (<usize>length) << 2;
    if (code > load<i32>(table + LAST_CODES + row)) continue;
    bitBuffer <<= length;
    bitCount -= length;
    return load<u8>(table + SYMBOLS + <usize>(code + load<i32>(table + OFFSETS + row)));
  }
  return -1;
}

/** A number of so many bits; those whose first bit is 0 are negative. */
function number(length: i32): i32 {
  if (length == 0) return 0;
  const value = <i32>(bitBuffer >> (64 - length));
  bitBuffer <<= length;
  bitCount -= length;
  return value < 1 << (length - 1) ? value - (1 << length) + 1 : value;
}

/** One component: addresses of its two Huffman tables, its quantisation table, its plane; then its last DC value. */
const DC: usize = 0;
const AC: usize = 4;
const QUANTA: usize = 8;
const PLANE: usize = 12;
const STRIDE: usize = 16;
const ACROSS: usize = 20;
const DOWN: usize = 24;
const LAST_DC: usize = 28;

/** Coefficients of the next block, dequantised, into `block` (zeros before). Answers with how many; negative: fails. */
function readBlock(component: usize, block: usize, order: usize): i32 {
  const quanta = <usize>load<u32>(component + QUANTA);
  if (bitCount < 32) refill();
  const length = symbol(<usize>load<u32>(component + DC));
  if (length < 0 || length > 15) return -1;
  const dc = load<i32>(component + LAST_DC) + number(length);
  store<i32>(component + LAST_DC, dc);
  const level = dc * load<i32>(quanta);
  extent |= level ^ (level >> 31);
  store<i32>(block, level);
  const ac = <usize>load<u32>(component + AC);
  // Held here while it goes on quickly: what lies outside is read and written anew at each use.
  let buffer = bitBuffer;
  let bits = bitCount;
  let reach = 0;
  let last = 0;
  for (let k = 1; k < 64; k++) {
    const entry = <i32>load<u16>(ac + ((<usize>(buffer >> (64 - LOOKUP_BITS))) << 1));
    let pair = entry & 255;
    if (bits < 32 || entry == 0) {
      bitBuffer = buffer;
      bitCount = bits;
      if (bits < 32) refill();
      pair = symbol(ac);
      if (pair < 0) return -1;
      buffer = bitBuffer;
      bits = bitCount;
    } else {
      buffer <<= entry >> 8;
      bits -= entry >> 8;
    }
    const size = pair & 15;
    k += pair >> 4;
    if (size == 0) {
      if (pair == 0xf0) continue;
      if (pair != 0) return -1;
      break;
    }
    if (k > 63) return -1;
    last = k;
    const raw = <i32>(buffer >> (64 - size));
    buffer <<= size;
    bits -= size;
    // Numbers whose first bit is 0 are negative.
    const value = (raw - (((raw >> (size - 1)) - 1) & ((1 << size) - 1))) * load<i32>(quanta + ((<usize>k) << 2));
    reach |= value ^ (value >> 31);
    store<i32>(block + ((<usize>load<u8>(order + k)) << 2), value);
  }
  bitBuffer = buffer;
  bitCount = bits;
  extent |= reach;
  return last + 1;
}

function times(a: v128, factor: i32): v128 {
  return i32x4.mul(a, i32x4.splat(factor));
}

/** Four columns of an inverse DCT of 8 values, 13 bits of fraction; `bias` comes to all results before the shift. */
function transform(from: usize, to: usize, shift: i32, bias: i32): void {
  const in2 = v128.load(from, 64);
  const in6 = v128.load(from, 192);
  const turn = times(i32x4.add(in2, in6), 4433);
  const even2 = i32x4.sub(turn, times(in6, 15137));
  const even3 = i32x4.add(turn, times(in2, 6270));
  const in0 = v128.load(from);
  const in4 = v128.load(from, 128);
  const even0 = i32x4.add(i32x4.shl(i32x4.add(in0, in4), 13), i32x4.splat(bias));
  const even1 = i32x4.add(i32x4.shl(i32x4.sub(in0, in4), 13), i32x4.splat(bias));
  const a = i32x4.add(even0, even3);
  const d = i32x4.sub(even0, even3);
  const b = i32x4.add(even1, even2);
  const c = i32x4.sub(even1, even2);

  const in7 = v128.load(from, 224);
  const in5 = v128.load(from, 160);
  const in3 = v128.load(from, 96);
  const in1 = v128.load(from, 32);
  let z3 = i32x4.add(in7, in3);
  let z4 = i32x4.add(in5, in1);
  const z5 = times(i32x4.add(z3, z4), 9633);
  const z1 = times(i32x4.add(in7, in1), -7373);
  const z2 = times(i32x4.add(in5, in3), -20995);
  z3 = i32x4.add(times(z3, -16069), z5);
  z4 = i32x4.add(times(z4, -3196), z5);
  const odd0 = i32x4.add(times(in7, 2446), i32x4.add(z1, z3));
  const odd1 = i32x4.add(times(in5, 16819), i32x4.add(z2, z4));
  const odd2 = i32x4.add(times(in3, 25172), i32x4.add(z2, z3));
  const odd3 = i32x4.add(times(in1, 12299), i32x4.add(z1, z4));
  v128.store(to, i32x4.shr_s(i32x4.add(a, odd3), shift));
  v128.store(to, i32x4.shr_s(i32x4.add(b, odd2), shift), 32);
  v128.store(to, i32x4.shr_s(i32x4.add(c, odd1), shift), 64);
  v128.store(to, i32x4.shr_s(i32x4.add(d, odd0), shift), 96);
  v128.store(to, i32x4.shr_s(i32x4.sub(d, odd0), shift), 128);
  v128.store(to, i32x4.shr_s(i32x4.sub(c, odd1), shift), 160);
  v128.store(to, i32x4.shr_s(i32x4.sub(b, odd2), shift), 192);
  v128.store(to, i32x4.shr_s(i32x4.sub(a, odd3), shift), 224);
}

/** Four times four numbers, rows of 32 bytes, mirrored at their diagonal. */
function turned(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 32);
  const c = v128.load(from, 64);
  const d = v128.load(from, 96);
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ba = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const dc = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 32);
  v128.store(to, v128.shuffle<i64>(ba, dc, 0, 2), 64);
  v128.store(to, v128.shuffle<i64>(ba, dc, 1, 3), 96);
}

function turnedWhole(from: usize, to: usize): void {
  turned(from, to);
  turned(from + 16, to + 128);
  turned(from + 128, to + 16);
  turned(from + 144, to + 144);
}

/** A block to its 8 by 8 samples; `block` is zero again afterwards, `work` has room for two of them. */
function drawBlock(block: usize, work: usize, count: i32, out: usize, stride: usize): void {
  if (count == 1) {
    const level = ((load<i32>(block) + 4) >> 3) + 128;
    const sample = i8x16.splat(<i8>min(255, max(0, level)));
    for (let row = 0; row < 8; row++) v128.store64_lane(out + <usize>row * stride, sample, 0);
    store<i32>(block, 0);
    return;
  }
  const other = work + 256;
  transform(block, work, 11, 1 << 10);
  transform(block + 16, work + 16, 11, 1 << 10);
  memory.fill(block, 0, 256);
  let reach = i32x4.splat(0);
  for (let place: usize = 0; place < 256; place += 16) {
    const values = v128.load(work + place);
    reach = v128.or(reach, v128.xor(values, i32x4.shr_s(values, 31)));
  }
  if (v128.any_true(v128.and(reach, i32x4.splat(-MOST_EXTENT)))) extent |= MOST_EXTENT;
  turnedWhole(work, other);
  transform(other, work, 18, (1 << 17) + (128 << 18));
  transform(other + 16, work + 16, 18, (1 << 17) + (128 << 18));
  turnedWhole(work, other);
  for (let row = 0; row < 8; row++) {
    const line = other + ((<usize>row) << 5);
    const words = i16x8.narrow_i32x4_s(v128.load(line), v128.load(line, 16));
    v128.store64_lane(out + <usize>row * stride, i8x16.narrow_i16x8_u(words, words), 0);
  }
}

/**
 * All blocks of the one scan into the planes of their components.
 *
 * @param components three of 32 bytes each; @param order where each coefficient of the zigzag belongs
 * @param work 768 bytes; @param restart blocks of all components between restarts, 0 for none
 */
export function readScan(
  source: usize,
  length: i32,
  components: usize,
  order: usize,
  work: usize,
  columns: i32,
  rows: i32,
  restart: i32,
): i32 {
  at = source;
  end = source + <usize>length;
  bitBuffer = 0;
  bitCount = 0;
  missing = 0;
  extent = 0;
  memory.fill(work, 0, 256);
  let left = restart;
  let marker: u32 = 0xd0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (restart > 0 && left == 0) {
        if (missing > bitCount) return CUT_SHORT;
        if (!endsWith(marker)) return OTHER_END;
        at += 2;
        marker = marker == 0xd7 ? 0xd0 : marker + 1;
        left = restart;
        bitBuffer = 0;
        bitCount = 0;
        missing = 0;
        for (let c: usize = 0; c < 3; c++) store<i32>(components + c * 32 + LAST_DC, 0);
      }
      left--;
      for (let c: usize = 0; c < 3; c++) {
        const component = components + c * 32;
        const across = load<i32>(component + ACROSS);
        const down = load<i32>(component + DOWN);
        const stride = <usize>load<i32>(component + STRIDE);
        const plane = <usize>load<u32>(component + PLANE);
        for (let y = 0; y < down; y++) {
          for (let x = 0; x < across; x++) {
            const count = readBlock(component, work, order);
            if (count < 0) return NO_SUCH_CODE;
            const place = <usize>(row * down + y) * 8 * stride + <usize>(column * across + x) * 8;
            drawBlock(work, work + 256, count, plane + place, stride);
          }
        }
      }
    }
    if (missing > bitCount) return CUT_SHORT;
  }
  if (extent >= MOST_EXTENT) return OUT_OF_RANGE;
  return endsWith(0xd9) ? 0 : OTHER_END;
}

/** Whether nothing but this marker is left, and the bits that fill the last byte. */
function endsWith(marker: u32): bool {
  return bitCount - missing < 8 && at + 1 < end && load<u8>(at) == 255 && <u32>load<u8>(at, 1) == marker;
}

/**
 * Chroma of half the width, and of half the height where `near` and `far` differ, to a row of full width: three parts of
 * the near sample and one of the next, in each direction.
 *
 * @param sums room for `count` + 32 16-bit numbers; reads and writes up to 16 samples more than there are
 */
function widened(near: usize, far: usize, isTall: bool, count: i32, sums: usize, out: usize): void {
  const first = sums + 16;
  for (let i = 0; i < count; i += 8) {
    const sample = v128.load64_zero(near + <usize>i);
    let sum = i16x8.extend_low_i8x16_u(sample);
    if (isTall) {
      const tripled = i16x8.mul(sum, i16x8.splat(3));
      sum = i16x8.add(tripled, i16x8.extend_low_i8x16_u(v128.load64_zero(far + <usize>i)));
    }
    v128.store(first + ((<usize>i) << 1), sum);
  }
  // Beyond its ends a row goes on as it ended.
  store<u16>(first - 2, load<u16>(first));
  const last = first + ((<usize>(count - 1)) << 1);
  store<u16>(last + 2, load<u16>(last));
  const evenBias = i16x8.splat(isTall ? 8 : 1);
  const oddBias = i16x8.splat(isTall ? 7 : 2);
  const shift = isTall ? 4 : 2;
  for (let i = 0; i < count; i += 8) {
    const sum = first + ((<usize>i) << 1);
    const tripled = i16x8.mul(v128.load(sum), i16x8.splat(3));
    const even = i16x8.shr_u(i16x8.add(i16x8.add(tripled, v128.load(sum - 2)), evenBias), shift);
    const odd = i16x8.shr_u(i16x8.add(i16x8.add(tripled, v128.load(sum, 2)), oddBias), shift);
    v128.store(out + ((<usize>i) << 1), v128.or(even, i16x8.shl(odd, 8)));
  }
}

function scaled(low: v128, high: v128): v128 {
  const half = i32x4.splat(32768);
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, half), 16), i32x4.shr_s(i32x4.add(high, half), 16));
}

/** A row of colours; eight pixels at a time, so that `out` needs 32 bytes more. */
function paint(luma: usize, blue: usize, red: usize, width: i32, out: usize): void {
  const centre = i16x8.splat(128);
  // Whole parts of the factors are added apart from their fractions, which fit into 16 bits.
  const redFactor = i16x8.splat(26345);
  const blueFactor = i16x8.splat(-14942);
  const greenFactors = i16x8(-22554, 18734, -22554, 18734, -22554, 18734, -22554, 18734);
  for (let x = 0; x < width; x += 8) {
    const y = i16x8.extend_low_i8x16_u(v128.load64_zero(luma + <usize>x));
    const cb = i16x8.sub(i16x8.extend_low_i8x16_u(v128.load64_zero(blue + <usize>x)), centre);
    const cr = i16x8.sub(i16x8.extend_low_i8x16_u(v128.load64_zero(red + <usize>x)), centre);
    const redPart = scaled(i32x4.extmul_low_i16x8_s(cr, redFactor), i32x4.extmul_high_i16x8_s(cr, redFactor));
    const bluePart = scaled(i32x4.extmul_low_i16x8_s(cb, blueFactor), i32x4.extmul_high_i16x8_s(cb, blueFactor));
    const low = v128.shuffle<i16>(cb, cr, 0, 8, 1, 9, 2, 10, 3, 11);
    const high = v128.shuffle<i16>(cb, cr, 4, 12, 5, 13, 6, 14, 7, 15);
    const greenPart = scaled(i32x4.dot_i16x8_s(low, greenFactors), i32x4.dot_i16x8_s(high, greenFactors));
    const r = i16x8.add(i16x8.add(y, cr), redPart);
    const g = i16x8.add(i16x8.sub(y, cr), greenPart);
    const b = i16x8.add(i16x8.add(y, i16x8.shl(cb, 1)), bluePart);
    const rg = i8x16.narrow_i16x8_u(r, g);
    const bb = i8x16.narrow_i16x8_u(b, b);
    const to = out + <usize>x * 3;
    v128.store(to, v128.shuffle<i8>(rg, bb, 0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19, 4, 12, 20, 5));
    v128.store64_lane(to, v128.shuffle<i8>(rg, bb, 13, 21, 6, 14, 22, 7, 15, 23, 0, 0, 0, 0, 0, 0, 0, 0), 0, 16);
  }
}

/**
 * The planes as interleaved RGB.
 *
 * @param rowSpace room for two rows of the picture and one of 16-bit sums, with 64 bytes more for each
 */
export function paintAll(components: usize, rowSpace: usize, width: i32, height: i32, out: usize): void {
  const lumaStride = load<i32>(components + STRIDE);
  const chromaStride = load<i32>(components + 32 + STRIDE);
  const isTall = load<i32>(components + DOWN) == 2;
  const isWide = load<i32>(components + ACROSS) == 2;
  const lumaPlane = <usize>load<u32>(components + PLANE);
  const rowBytes = (<usize>width + 79) & ~15;
  const sums = rowSpace + 2 * rowBytes;
  const chromaWidth = (width + 1) >> 1;
  const lastRow = isTall ? ((height + 1) >> 1) - 1 : height - 1;
  for (let row = 0; row < height; row++) {
    const nearRow = isTall ? row >> 1 : row;
    const farRow = isTall ? min(lastRow, max(0, nearRow + ((row & 1) == 0 ? -1 : 1))) : row;
    let blue: usize = 0;
    let red: usize = 0;
    for (let c: usize = 1; c < 3; c++) {
      const plane = <usize>load<u32>(components + c * 32 + PLANE);
      const near = plane + <usize>(nearRow * chromaStride);
      const far = plane + <usize>(farRow * chromaStride);
      let line = near;
      if (isWide) {
        line = rowSpace + (c - 1) * rowBytes;
        widened(near, far, isTall, chromaWidth, sums, line);
      }
      if (c == 1) blue = line;
      else red = line;
    }
    paint(lumaPlane + <usize>(row * lumaStride), blue, red, width, out + <usize>(row * width * 3));
  }
}
