import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { AppError } from '../../shared/app-error';
import type { Mask } from '../../shared/domain/mask';
import { readError } from '../library/json-file';

const inflateAsync = promisify(inflate);

const SIGNATURE = '89504e470d0a1a0a';
const GREY = 0;
const INDEXED = 3;
/** No mask of a picture that the studio opens has more. */
const MOST_PIXELS = 120_000_000;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/**
 * Class ids from a PNG as annotation tools write them: the grey value, or the index into the colour table, is the id.
 * Read here and not by an image library, since those turn an index into its colour.
 *
 * @throws AppError FILE_NOT_FOUND, FILE_UNREADABLE, MASK_UNSUPPORTED, MASK_DAMAGED
 */
export async function readMaskFile(path: string): Promise<Mask> {
  const name = basename(path);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (bytes.subarray(0, 8).toString('hex') !== SIGNATURE) throw unsupported(name, 'it is no PNG');
  const { header, data } = split(bytes, name);
  let rows: Buffer;
  try {
    rows = await inflateAsync(data);
  } catch (cause) {
    throw damaged(name, 'its data cannot be unpacked', cause);
  }
  return toMask(header, unfilter(rows, header, name));
}

function split(bytes: Buffer, name: string): { header: Header; data: Buffer } {
  let header: Header | null = null;
  const parts: Buffer[] = [];
  let isWhole = false;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (content.length < length) throw damaged(name, 'it ends early');
    if (type === 'IHDR') header = readHeader(content, name);
    if (type === 'IDAT') parts.push(content);
    if (type === 'IEND') isWhole = true;
    at += 12 + length;
  }
  if (!isWhole) throw damaged(name, 'it ends early');
  if (header === null || parts.length === 0) throw damaged(name, 'it has no picture');
  return { header, data: Buffer.concat(parts) };
}

function readHeader(content: Buffer, name: string): Header {
  if (content.length < 13) throw damaged(name, 'its header is cut off');
  const [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
  const [depth = 0, color, , , interlace] = content.subarray(8);
  if (color !== GREY && color !== INDEXED) throw unsupported(name, 'it holds colours, not class ids');
  if (interlace !== 0) throw unsupported(name, 'it is interlaced');
  if (width === 0 || height === 0 || width * height > MOST_PIXELS)
    throw unsupported(name, `it has ${width}x${height} pixels`);
  return { width, height, depth };
}

/** Takes PNG's filters back (ISO/IEC 15948, clause 9). */
function unfilter(rows: Buffer, { width, height, depth }: Header, name: string): Buffer {
  const length = Math.ceil((width * depth) / 8);
  const step = Math.max(1, depth / 8);
  if (rows.length < height * (length + 1)) throw damaged(name, 'rows are missing');
  const result = Buffer.alloc(length * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (length + 1)] ?? 0;
    const from = y * (length + 1) + 1;
    const to = y * length;
    for (let x = 0; x < length; x++) {
      const left = x >= step ? (result[to + x - step] ?? 0) : 0;
      const up = y > 0 ? (result[to + x - length] ?? 0) : 0;
      const corner = x >= step && y > 0 ? (result[to + x - length - step] ?? 0) : 0;
      result[to + x] = ((rows[from + x] ?? 0) + predict(filter, left, up, corner)) & 255;
    }
  }
  return result;
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value));
  if ((toLeft ?? 0) <= (toUp ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left;
  return (toUp ?? 0) <= (toCorner ?? 0) ? up : corner;
}

function toMask({ width, height, depth }: Header, rows: Buffer): Mask {
  if (depth === 16) {
    const data = new Uint8Array(rows.length);
    // PNG has the larger half first, masks the smaller.
    for (let i = 0; i + 1 < rows.length; i += 2) [data[i], data[i + 1]] = [rows[i + 1] ?? 0, rows[i] ?? 0];
    return { width, height, bytesPerId: 2, data };
  }
  if (depth === 8) return { width, height, bytesPerId: 1, data: new Uint8Array(rows) };
  const data = new Uint8Array(width * height);
  const length = Math.ceil((width * depth) / 8);
  const perByte = 8 / depth;
  const most = (1 << depth) - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = rows[y * length + Math.floor(x / perByte)] ?? 0;
      data[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & most;
    }
  }
  return { width, height, bytesPerId: 1, data };
}

function unsupported(name: string, why: string): AppError {
  return new AppError('MASK_UNSUPPORTED', `${name} cannot be read as a mask: ${why}.`, {
    hint: 'A mask is a PNG, grey or with a colour table, whose values are class ids.',
    details: { file: name },
  });
}

function damaged(name: string, why: string, cause?: unknown): AppError {
  return new AppError('MASK_DAMAGED', `${name} is damaged: ${why}.`, {
    hint: 'Copy or export it again.',
    ...(cause === undefined ? {} : { cause }),
    details: { file: name },
  });
}
