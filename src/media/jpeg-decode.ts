import type { Frame } from '../shared/domain/frame';
import { AddressPlan, WasmKernel } from '../shared/wasm-kernel';
import { frameMemory } from './frame-memory';
import { wasmBase64 } from './generated/jpeg-wasm';
import type { HuffmanTable, JpegHeader } from './jpeg-header';

interface JpegKernel {
  readScan(
    source: number,
    length: number,
    components: number,
    order: number,
    work: number,
    columns: number,
    rows: number,
    restart: number,
  ): number;
  paintAll(components: number, rowSpace: number, width: number, height: number, out: number): void;
}

/** Larger ones are decoded by the image library: the kernel's memory never shrinks. */
const MOST_PIXELS = 1 << 22;

// Layouts that the kernel knows.
const COMPONENT_BYTES = 32;
const TABLE_BYTES = 2560;
const LOOKUP_BITS = 10;
const LAST_CODES = 2048;
const OFFSETS = 2120;
const SYMBOLS = 2192;
const BLOCK = 8;

let kept: WasmKernel<JpegKernel> | null = null;

/**
 * The pixels of a JPEG, the very ones that the image library decodes, in this thread and at once; null where that one is
 * to be asked: for damaged data and for large pictures.
 */
export function decodeJpeg(bytes: Uint8Array, header: JpegHeader): Frame | null {
  const { width, height, restart, dataAt } = header;
  if (width * height > MOST_PIXELS) return null;
  const kernel = (kept ??= new WasmKernel<JpegKernel>(wasmBase64));
  const { columns, rows, ...places } = plan(kernel, header, bytes.length - dataAt);
  const data = bytes.subarray(dataAt);
  kernel.bytes(places.source, data.length).set(data);
  kernel.bytes(places.order, 64).set(zigzag);
  putComponents(kernel, header, { columns, ...places });
  const { source, components, order, work, rowSpace, out } = places;
  const outcome = kernel.exports.readScan(source, data.length, components, order, work, columns, rows, restart);
  if (outcome !== 0) return null;
  kernel.exports.paintAll(components, rowSpace, width, height, out);
  const pixels = frameMemory.take(width * height * 3);
  pixels.set(kernel.bytes(out, pixels.byteLength));
  return { width, height, channels: 3, pixels };
}

interface Places {
  readonly source: number;
  readonly components: number;
  readonly order: number;
  readonly work: number;
  readonly quanta: readonly number[];
  readonly tables: readonly number[];
  readonly planes: readonly number[];
  readonly rowSpace: number;
  readonly out: number;
}

function plan(
  kernel: WasmKernel<JpegKernel>,
  { width, height, components }: JpegHeader,
  length: number,
): Places & { readonly columns: number; readonly rows: number } {
  const across = Math.max(...components.map((each) => each.across));
  const down = Math.max(...components.map((each) => each.down));
  const columns = Math.ceil(width / (BLOCK * across));
  const rows = Math.ceil(height / (BLOCK * down));
  const addresses = new AddressPlan(kernel.base);
  const places = {
    columns,
    rows,
    components: addresses.take(COMPONENT_BYTES * components.length),
    order: addresses.take(64),
    work: addresses.take(768),
    quanta: components.map(() => addresses.take(256)),
    tables: components.flatMap(() => [addresses.take(TABLE_BYTES), addresses.take(TABLE_BYTES)]),
    planes: components.map((each) => addresses.take(columns * each.across * rows * each.down * BLOCK * BLOCK + 16)),
    rowSpace: addresses.take(4 * width + 512),
    out: addresses.take(width * height * 3 + 32),
    source: addresses.take(length),
  };
  kernel.reserve(addresses.end);
  return places;
}

function putComponents(
  kernel: WasmKernel<JpegKernel>,
  { components }: JpegHeader,
  places: Places & { readonly columns: number },
): void {
  for (const [index, { across, down, quanta, dc, ac }] of components.entries()) {
    const own = [places.tables[2 * index] ?? 0, places.tables[2 * index + 1] ?? 0, places.quanta[index] ?? 0];
    const stride = places.columns * across * BLOCK;
    const numbers = [...own, places.planes[index] ?? 0, stride, across, down, 0];
    kernel.int32(places.components + index * COMPONENT_BYTES, numbers.length).set(numbers);
    kernel.int32(places.quanta[index] ?? 0, 64).set(quanta);
    putTable(kernel, own[0] ?? 0, dc);
    putTable(kernel, own[1] ?? 0, ac);
  }
}

/** Codes of one length follow each other; the first of the next length is twice the one behind them. */
function putTable(kernel: WasmKernel<JpegKernel>, address: number, { counts, symbols }: HuffmanTable): void {
  const lookup = kernel.uint16(address, 1 << LOOKUP_BITS).fill(0);
  const lastCodes = kernel.int32(address + LAST_CODES, 17).fill(-1);
  const offsets = kernel.int32(address + OFFSETS, 17);
  kernel.bytes(address + SYMBOLS, symbols.length).set(symbols);
  let code = 0;
  let next = 0;
  counts.forEach((count, index) => {
    const length = index + 1;
    offsets[length] = next - code;
    for (let k = 0; k < count; k += 1) {
      const spare = LOOKUP_BITS - length;
      if (spare >= 0) lookup.fill((length << 8) | (symbols[next] ?? 0), code << spare, (code + 1) << spare);
      code += 1;
      next += 1;
    }
    if (count > 0) lastCodes[length] = code - 1;
    code <<= 1;
  });
}

/** Where each coefficient belongs, in the order of the file: along the diagonals, to and fro. */
const zigzag = Uint8Array.from(
  Array.from({ length: 64 }, (_, place) => place).sort((a, b) => {
    const [sumA, sumB] = [a, b].map((place) => (place >> 3) + (place & 7)) as [number, number];
    if (sumA !== sumB) return sumA - sumB;
    return sumA % 2 === 0 ? (a & 7) - (b & 7) : (a >> 3) - (b >> 3);
  }),
);
