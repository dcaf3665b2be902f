import { promisify } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { constants, deflate, deflateSync } from 'node:zlib';
import type { Mask } from '../shared/domain/mask';
import type { Rgb } from '../shared/domain/model';
import { frameMemory } from './frame-memory';

const deflateAsync = promisify(deflate);

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const GREY = 0;
const INDEXED = 3;
/** Masks are runs of one value: looking for nothing else is ten times faster than level 6 and gives no larger files. */
const DEFLATE = { level: 6, strategy: constants.Z_RLE };

/** A PNG whose grey value is the class id: 8 bit, or 16 bit for masks with two bytes for each id. */
export async function encodeIndexPng(mask: Mask): Promise<Uint8Array> {
  const rows = mask.bytesPerId === 1 ? mask.data : bigEndian(mask.data);
  return encode(mask, mask.bytesPerId * 8, GREY, rows, []);
}

/**
 * A PNG with a colour table, in which the index is still the class id. Viewers show the colours, readers the ids.
 *
 * @param colors by class id; at least one for each id in the mask, at most 256
 */
export async function encodePalettePng(mask: Mask, colors: readonly Rgb[]): Promise<Uint8Array> {
  if (mask.bytesPerId !== 1) throw new Error('A colour table has room for 256 classes.');
  if (colors.length === 0 || colors.length > 256) throw new Error('A colour table has 1 to 256 colours.');
  return encode(mask, 8, INDEXED, mask.data, [chunk('PLTE', Buffer.from(colors.flat()))]);
}

async function encode(
  { width, height }: Mask,
  bitDepth: number,
  colorType: number,
  rows: Uint8Array,
  before: readonly Uint8Array[],
): Promise<Uint8Array> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bitDepth;
  header[9] = colorType;
  const data = await compressed(rows, height);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function compressed(rows: Uint8Array, height: number): Promise<Buffer> {
  const length = rows.byteLength + height;
  if (isMainThread) return deflateAsync(filtered(rows, height, Buffer.allocUnsafe(length)), DEFLATE);
  // A thread for pictures has nothing else to do meanwhile, and many of the same size to come.
  const memory = frameMemory.take(length);
  const data = deflateSync(filtered(rows, height, memory), DEFLATE);
  frameMemory.give(memory);
  return data;
}

/** With filter 0 for each row: neighbours in a mask are equal, not close, so that differences compress no better. */
function filtered(rows: Uint8Array, height: number, into: Uint8Array): Uint8Array {
  const stride = rows.byteLength / height;
  for (let row = 0; row < height; row++) {
    into[row * (stride + 1)] = 0;
    into.set(rows.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  }
  return into;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.byteLength);
  bytes.writeUInt32BE(data.byteLength, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.byteLength)), 8 + data.byteLength);
  return bytes;
}

function bigEndian(data: Uint8Array): Uint8Array {
  return Buffer.from(data).swap16();
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** PNG's checksum (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crcTable[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
