/**
 * Bilinear upsampling of logits and argmax over the classes in one go, without ever making the upsampled logits.
 *
 * Why it is fast: inside one cell (the square between four neighbouring logits) every class is a convex combination of
 * its four corners. A class that wins at all four corners wins everywhere in the cell, which is then filled. Elsewhere
 * only the classes whose largest corner reaches the best smallest corner can win, usually two or three of them.
 * `(1 - t) * a + t * b` is monotone in floating point too, so that leaving the others out changes no pixel but exact
 * ties.
 *
 * AssemblyScript, compiled by `scripts/generate-kernels.mjs`. The caller owns the memory and passes addresses.
 */

function lerp(a: f32, b: f32, t: f32): f32 {
  return (1 - t) * a + t * b;
}

/** The winning class of each logit position, lowest id on a tie. `ids` are 16 bits wide. */
export function argmax(logits: usize, planeStride: usize, classes: i32, count: i32, ids: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let address = logits + ((<usize>i) << 2);
    let best = v128.load(address);
    let winner = i32x4.splat(0);
    for (let c = 1; c < classes; c++) {
      address += planeStride;
      const value = v128.load(address);
      const better = f32x4.gt(value, best);
      best = v128.bitselect(value, best, better);
      winner = v128.bitselect(i32x4.splat(c), winner, better);
    }
    v128.store64_lane(ids + ((<usize>i) << 1), i16x8.narrow_i32x4_u(winner, winner), 0);
  }
  for (; i < count; i++) {
    let address = logits + ((<usize>i) << 2);
    let best = load<f32>(address);
    let winner = 0;
    for (let c = 1; c < classes; c++) {
      address += planeStride;
      const value = load<f32>(address);
      if (value > best) {
        best = value;
        winner = c;
      }
    }
    store<u16>(ids + ((<usize>i) << 1), <u16>winner);
  }
}

function fill(target: usize, id: i32, length: i32, wide: bool): void {
  if (!wide) {
    if (length >= 16) {
      memory.fill(target, <u8>id, length);
      return;
    }
    for (let i = 0; i < length; i++) store<u8>(target + i, <u8>id);
    return;
  }
  for (let i = 0; i < length; i++) store<u16>(target + ((<usize>i) << 1), <u16>id);
}

/**
 * Classes that can win between four corners, in ascending order of id: for each (24 bytes) its id and its corners, top
 * left, top right, bottom left, bottom right.
 */
function collectCandidates(
  topLeft: usize,
  topRight: usize,
  bottomLeft: usize,
  bottomRight: usize,
  planeStride: usize,
  classes: i32,
  candidates: usize,
): i32 {
  let floor: f32 = -Infinity;
  let offset: usize = 0;
  for (let c = 0; c < classes; c++) {
    const lowest = min(
      min(load<f32>(topLeft + offset), load<f32>(topRight + offset)),
      min(load<f32>(bottomLeft + offset), load<f32>(bottomRight + offset)),
    );
    if (lowest > floor) floor = lowest;
    offset += planeStride;
  }
  let count = 0;
  offset = 0;
  for (let c = 0; c < classes; c++) {
    const a = load<f32>(topLeft + offset);
    const b = load<f32>(topRight + offset);
    const d = load<f32>(bottomLeft + offset);
    const e = load<f32>(bottomRight + offset);
    if (max(max(a, b), max(d, e)) >= floor) {
      const slot = candidates + <usize>count * 24;
      store<i32>(slot, c);
      store<f32>(slot, a, 4);
      store<f32>(slot, b, 8);
      store<f32>(slot, d, 12);
      store<f32>(slot, e, 16);
      count++;
    }
    offset += planeStride;
  }
  // Nothing compares with NaN; class 0 then stands for a network that has lost its way.
  if (count == 0) store<i32>(candidates, 0);
  return count;
}

/** One row of one cell: `length` pixels whose horizontal weights begin at `tx`. */
function contestRow(candidates: usize, count: i32, tx: usize, ty: f32, length: i32, target: usize, wide: bool): void {
  for (let i = 0; i < length; i += 4) {
    const t = v128.load(tx + ((<usize>i) << 2));
    const s = f32x4.sub(f32x4.splat(1), t);
    let best = f32x4.splat(-Infinity);
    let winner = v128.load32_splat(candidates);
    for (let k = 0; k < count; k++) {
      const slot = candidates + <usize>k * 24;
      const left = lerp(load<f32>(slot, 4), load<f32>(slot, 12), ty);
      const right = lerp(load<f32>(slot, 8), load<f32>(slot, 16), ty);
      const value = f32x4.add(f32x4.mul(s, f32x4.splat(left)), f32x4.mul(t, f32x4.splat(right)));
      const better = f32x4.gt(value, best);
      best = v128.bitselect(value, best, better);
      winner = v128.bitselect(v128.load32_splat(slot), winner, better);
    }
    const halves = i16x8.narrow_i32x4_u(winner, winner);
    const rest = length - i;
    if (wide) {
      const out = target + ((<usize>i) << 1);
      if (rest >= 4) v128.store64_lane(out, halves, 0);
      else {
        store<u16>(out, <u16>i16x8.extract_lane_u(halves, 0));
        if (rest > 1) store<u16>(out, <u16>i16x8.extract_lane_u(halves, 1), 2);
        if (rest > 2) store<u16>(out, <u16>i16x8.extract_lane_u(halves, 2), 4);
      }
    } else {
      const bytes = i8x16.narrow_i16x8_u(halves, halves);
      const out = target + i;
      if (rest >= 4) v128.store32_lane(out, bytes, 0);
      else {
        store<u8>(out, <u8>i8x16.extract_lane_u(bytes, 0));
        if (rest > 1) store<u8>(out, <u8>i8x16.extract_lane_u(bytes, 1), 1);
        if (rest > 2) store<u8>(out, <u8>i8x16.extract_lane_u(bytes, 2), 2);
      }
    }
  }
}

/**
 * The output rows between two neighbouring rows of logits.
 *
 * @param top address of class 0's upper row of logits; `bottom` the lower one (the same at the picture's edge)
 * @param topIds winners of the upper row, `bottomIds` of the lower (16 bit)
 * @param starts for each cell the first output column that lies in it; `cells + 1` numbers
 * @param tx horizontal weight of each output column, with three spare numbers at the end
 * @param ty vertical weight of each of the `rows` output rows
 * @param target first output row; rows are `stride` bytes apart
 */
export function upsampleArgmax(
  top: usize,
  bottom: usize,
  planeStride: usize,
  classes: i32,
  cells: i32,
  topIds: usize,
  bottomIds: usize,
  starts: usize,
  tx: usize,
  ty: usize,
  rows: i32,
  target: usize,
  stride: i32,
  wide: bool,
  candidates: usize,
): void {
  const shift: usize = wide ? 1 : 0;
  let cell = 0;
  while (cell < cells) {
    const start = load<i32>(starts + ((<usize>cell) << 2));
    let end = load<i32>(starts + ((<usize>cell) << 2) + 4);
    if (start == end) {
      cell++;
      continue;
    }
    let right = min(cell + 1, cells - 1);
    const id = load<u16>(topIds + ((<usize>cell) << 1));
    let uniform =
      id == load<u16>(topIds + ((<usize>right) << 1)) &&
      id == load<u16>(bottomIds + ((<usize>cell) << 1)) &&
      id == load<u16>(bottomIds + ((<usize>right) << 1));
    if (uniform) {
      // The run goes on while the next column of logits has the same winner.
      cell++;
      while (cell < cells) {
        right = min(cell + 1, cells - 1);
        uniform = id == load<u16>(topIds + ((<usize>right) << 1)) && id == load<u16>(bottomIds + ((<usize>right) << 1));
        if (!uniform) break;
        cell++;
      }
      end = load<i32>(starts + ((<usize>cell) << 2));
      for (let row = 0; row < rows; row++) {
        fill(target + <usize>row * stride + ((<usize>start) << shift), id, end - start, wide);
      }
      continue;
    }
    const near = (<usize>cell) << 2;
    const far = (<usize>right) << 2;
    const count = collectCandidates(
      top + near,
      top + far,
      bottom + near,
      bottom + far,
      planeStride,
      classes,
      candidates,
    );
    for (let row = 0; row < rows; row++) {
      const out = target + <usize>row * stride + ((<usize>start) << shift);
      const weight = load<f32>(ty + ((<usize>row) << 2));
      contestRow(candidates, count, tx + ((<usize>start) << 2), weight, end - start, out, wide);
    }
    cell++;
  }
}

/** Interleaved logits [positions][classes] to planes [classes][planeStride bytes]. */
export function deinterleave(source: usize, positions: i32, classes: i32, target: usize, planeStride: usize): void {
  for (let i = 0; i < positions; i++) {
    let out = target + ((<usize>i) << 2);
    for (let c = 0; c < classes; c++) {
      store<f32>(out, load<f32>(source));
      source += 4;
      out += planeStride;
    }
  }
}

/** IEEE half precision to single precision through a table of 65,536 numbers. */
export function widenHalves(source: usize, count: i32, target: usize, table: usize): void {
  for (let i = 0; i < count; i++) {
    store<u32>(target + ((<usize>i) << 2), load<u32>(table + ((<usize>load<u16>(source + ((<usize>i) << 1))) << 2)));
  }
}

/** Adds `count` numbers times their weights and a common factor onto others: overlapping tiles. */
export function accumulate(target: usize, source: usize, count: i32, weights: usize, factor: f32): void {
  for (let i = 0; i < count; i++) {
    const offset = (<usize>i) << 2;
    const value = load<f32>(source + offset) * load<f32>(weights + offset) * factor;
    store<f32>(target + offset, load<f32>(target + offset) + value);
  }
}
