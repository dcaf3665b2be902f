/**
 * Class ids as runs, for the way between processes: masks are patches of one class, so a megapixel becomes some tens of
 * kilobytes, which are encoded and decoded faster than a megabyte is handed over.
 *
 * A run is its id (one or two bytes, little-endian, as in the mask) and its length less one as a base-128 number, low
 * group first, the high bit set on all bytes but the last.
 */
export interface MaskSize {
  readonly width: number;
  readonly height: number;
  readonly bytesPerId: 1 | 2;
}

/** Worth it only when the runs are this much smaller than the ids. */
const SMALLEST_GAIN = 4;
/** Room that one run takes at the most: two bytes of id, five of length. */
const LONGEST_RUN_BYTES = 7;

/** @returns null where runs would not be much smaller, as in noise. */
export function encodeRuns(data: Uint8Array, bytesPerId: 1 | 2): Uint8Array<ArrayBuffer> | null {
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
  const count = aligned.byteLength / bytesPerId;
  const ids = bytesPerId === 1 ? aligned : new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  const perWord = 4 / bytesPerId;
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, Math.floor(count / perWord));
  const repeat = bytesPerId === 1 ? 0x01010101 : 0x00010001;
  const out = new Uint8Array(Math.floor(data.byteLength / SMALLEST_GAIN) + LONGEST_RUN_BYTES);
  let at = 0;
  for (let start = 0; start < count;) {
    if (at + LONGEST_RUN_BYTES > out.length) return null;
    const id = ids[start] ?? 0;
    let end = start + 1;
    while (end < count && end % perWord !== 0 && ids[end] === id) end += 1;
    if (end % perWord === 0) {
      const word = Math.imul(id, repeat) >>> 0;
      let index = end / perWord;
      while (index < words.length && words[index] === word) index += 1;
      end = Math.max(end, index * perWord);
      while (end < count && ids[end] === id) end += 1;
    }
    out[at++] = id & 0xff;
    if (bytesPerId === 2) out[at++] = id >> 8;
    let length = end - start - 1;
    for (; length > 0x7f; length = Math.floor(length / 128)) out[at++] = 0x80 | (length & 0x7f);
    out[at++] = length;
    start = end;
  }
  return out.slice(0, at);
}

/** @returns null where the runs do not fill the mask exactly. */
export function decodeRuns(runs: Uint8Array, { width, height, bytesPerId }: MaskSize): Uint8Array<ArrayBuffer> | null {
  const count = width * height;
  const ids = bytesPerId === 1 ? new Uint8Array(count) : new Uint16Array(count);
  let filled = 0;
  for (let at = 0; at < runs.length;) {
    let id = runs[at++] ?? 0;
    if (bytesPerId === 2) id |= (runs[at++] ?? 0) << 8;
    let length = 1;
    for (let scale = 1, more = true; more; scale *= 128) {
      const byte = runs[at++];
      if (byte === undefined || scale > count * 128) return null;
      length += (byte & 0x7f) * scale;
      more = byte > 0x7f;
    }
    if (length > count - filled) return null;
    ids.fill(id, filled, filled + length);
    filled += length;
  }
  return filled === count ? new Uint8Array(ids.buffer) : null;
}
