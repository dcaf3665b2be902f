import type { Stats } from 'node:fs';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { Metadata, Sharp as Pipeline } from 'sharp';
import type { ErrorReport } from '../shared/app-error';
import type { Frame, FrameSize, FrameSource } from '../shared/domain/frame';
import type { PictureInfo } from '../shared/domain/picture';
import { remark } from '../shared/remark';
import { decodeBitmap, readBitmapHeader } from './bitmap';
import { frameMemory } from './frame-memory';
import { resizeFrame } from './frame-resize';
import { jpegDecoder } from './jpeg-decoder';
import { readPlainJpegHeader } from './jpeg-header';
import {
  MAX_FILE_BYTES,
  MAX_PIXELS,
  decodeError,
  emptyFile,
  fileError,
  tooManyBytes,
  tooManyPixels,
  unsupportedContent,
} from './picture-errors';
import { delivered, loadSharp } from './sharp-loader';
import { SNIFF_LENGTH, sniffContent } from './sniff';

/** Where a picture lies: on disk, or in memory because it was pasted or dropped in a browser. */
export type PictureOrigin = { readonly path: string } | { readonly name: string; readonly bytes: Uint8Array };

export type PictureFacts = Omit<PictureInfo, 'id'>;

/** From this reduction on, in both directions, the decoder's own reduction is used: it needs neither the memory nor the time. */
const EARLY_REDUCTION = 3;
/** Pictures beyond this many pixels are reduced while they are decoded, whatever the reduction. */
const LARGE_PIXELS = 40_000_000;

/** Thumbnails up to this side may be coarser. */
const SMALL_SIDE = 640;

const kernels = { bilinear: 'linear', bicubic: 'cubic', nearest: 'nearest' } as const;

/** A still picture in a file: probed when opened, decoded when read. Holds the encoded bytes while it lives. */
export class PictureFile implements FrameSource {
  readonly facts: PictureFacts;
  /** Sentences for the user about what was done to it. */
  readonly notes: readonly ErrorReport[];
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #hasAlpha: boolean;
  readonly #hasProfile: boolean;
  readonly #color: string;
  readonly #loader: string;

  private constructor(name: string, bytes: Uint8Array, probe: Probe) {
    this.#name = name;
    this.#bytes = bytes;
    this.facts = probe.facts;
    this.notes = probe.notes;
    this.#hasAlpha = probe.hasAlpha;
    this.#hasProfile = probe.hasProfile;
    this.#color = probe.color;
    this.#loader = probe.loader;
  }

  /**
   * Reads the file and its header, not its pixels.
   *
   * @throws AppError FILE_NOT_FOUND, FILE_UNREADABLE, FILE_IS_FOLDER, FILE_EMPTY, IMAGE_UNSUPPORTED (says what the file
   *   really is), IMAGE_TRUNCATED, IMAGE_DAMAGED, IMAGE_TOO_LARGE
   */
  static async open(origin: PictureOrigin): Promise<PictureFile> {
    const name = 'path' in origin ? basename(origin.path) : origin.name;
    const bytes = 'path' in origin ? await readPictureBytes(origin.path) : origin.bytes;
    if (bytes.byteLength === 0) throw emptyFile(name);
    const content = sniffContent(bytes);
    if (content.use !== 'image') throw unsupportedContent(name, bytes);
    const probe = probeHere(name, bytes, content.format) ?? (await probeWithSharp(name, bytes, content.format));
    const { width, height } = probe.facts;
    if (width * height > MAX_PIXELS) throw tooManyPixels(name, width, height);
    return new PictureFile(name, bytes, probe);
  }

  get width(): number {
    return this.facts.width;
  }

  get height(): number {
    return this.facts.height;
  }

  /** Whether a browser would show the very pixels that are decoded here. */
  get #isShowableAsIs(): boolean {
    const { format, bitDepth, frames, orientation } = this.facts;
    if (bitDepth !== 8 || frames !== 1 || orientation !== 1 || this.#hasAlpha || this.#hasProfile) return false;
    return this.#color !== 'cmyk' && ['jpeg', 'png', 'webp'].includes(format);
  }

  /**
   * Encoded bytes that a browser can show, oriented and in sRGB; no side longer than `maxSide`.
   *
   * @throws AppError IMAGE_TRUNCATED, IMAGE_DAMAGED
   */
  async show(maxSide?: number): Promise<{ mime: string; bytes: Uint8Array }> {
    const reduces = maxSide !== undefined && Math.max(this.width, this.height) > maxSide;
    if (!reduces && this.#isShowableAsIs) return { mime: `image/${this.facts.format}`, bytes: this.#bytes };
    try {
      const pipeline = this.pipeline();
      if (reduces) pipeline.resize({ width: maxSide, height: maxSide, fit: 'inside', kernel: 'linear' });
      const small = reduces && maxSide <= SMALL_SIDE;
      const bytes = await pipeline
        .jpeg({ quality: small ? 80 : 95, chromaSubsampling: small ? '4:2:0' : '4:4:4' })
        .toBuffer();
      return { mime: 'image/jpeg', bytes: delivered(bytes) };
    } catch (error) {
      throw decodeError(error, this.#name, this.#bytes);
    }
  }

  /** @throws AppError IMAGE_TRUNCATED, IMAGE_DAMAGED */
  async read(size?: FrameSize): Promise<Frame> {
    try {
      if (size !== undefined && this.#isReducedEarly(size)) return await this.#decode(size);
      const plain = this.#decodePlain();
      return plain === null ? fit(await this.#decode(), size) : fitPlain(plain, size);
    } catch (error) {
      throw decodeError(error, this.#name, this.#bytes);
    }
  }

  #isReducedEarly(size: FrameSize): boolean {
    if (size.resample === 'nearest') return false;
    const least = Math.min(this.width / size.width, this.height / size.height);
    return least >= (this.width * this.height > LARGE_PIXELS ? 1 : EARLY_REDUCTION);
  }

  async #decode(size?: FrameSize): Promise<Frame> {
    let pipeline = this.pipeline();
    if (size !== undefined) {
      const { width, height } = size;
      pipeline = pipeline.resize({ width, height, fit: 'fill', kernel: kernels[size.resample] });
    }
    const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`The decoder delivered ${info.channels} channels.`);
    return { width: info.width, height: info.height, channels: 3, pixels: delivered(data) };
  }

  /** Null where there is no decoder for it, or the decoder has any doubt: the image library finds the words for those. */
  #decodePlain(): Frame | null {
    const decoder = jpegDecoder();
    if (decoder === null || this.#loader !== 'jpeg' || !this.#isShowableAsIs) return null;
    const { width, height } = this;
    const pixels = frameMemory.take(width * height * 3);
    if (decoder.decode(this.#bytes, width, height, pixels)) return { width, height, channels: 3, pixels };
    frameMemory.give(pixels);
    return null;
  }

  /** Oriented, sRGB, without alpha: what every reader of this picture builds on. */
  pipeline(): Pipeline {
    const sharp = loadSharp();
    if (this.facts.format === 'bmp') {
      const { width, height, channels, pixels } = decodeBitmap(this.#bytes);
      return sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false });
    }
    // JPEGs with harmless warnings are common; a TIFF decoder says in no other way that parts are missing.
    const failOn = this.facts.format === 'tiff' ? 'warning' : 'truncated';
    const pipeline = sharp(this.#bytes, { failOn, limitInputPixels: false, sequentialRead: true });
    const opaque = this.#hasAlpha ? pipeline.flatten({ background: '#ffffff' }) : pipeline;
    // Asking for nothing to be turned costs a tenth of a small picture's decoding.
    return (this.facts.orientation === 1 ? opaque : opaque.autoOrient()).toColourspace('srgb');
  }
}

interface Probe {
  readonly facts: PictureFacts;
  readonly notes: ErrorReport[];
  readonly hasAlpha: boolean;
  readonly hasProfile: boolean;
  readonly color: string;
  /** What the image library takes it for: more than the first bytes say, such as `uhdr` for a JPEG with a gain map. */
  readonly loader: string;
}

function fit(frame: Frame, size: FrameSize | undefined): Frame {
  return size === undefined ? frame : resizeFrame(frame, size);
}

/** The same, of pixels that nobody else has seen. */
function fitPlain(frame: Frame, size: FrameSize | undefined): Frame {
  const fitted = fit(frame, size);
  if (fitted !== frame) frameMemory.give(frame.pixels);
  return fitted;
}

/** The first bytes of a file decide whether the rest is read at all. */
async function readPictureBytes(path: string): Promise<Uint8Array> {
  try {
    // A thread for pictures has nothing else to do meanwhile: handing small reads to Node's pool costs more than they do.
    if (!isMainThread) return readAtOnce(path);
    const facts = await stat(path);
    checkFile(facts, path);
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(Math.min(SNIFF_LENGTH, facts.size));
      await file.read(head, 0, head.length, 0);
      if (facts.size > SNIFF_LENGTH && sniffContent(head).use !== 'image') return head;
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

function readAtOnce(path: string): Uint8Array {
  // Before it is opened: opening a pipe would wait for whoever writes to it.
  const facts = statSync(path);
  checkFile(facts, path);
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(Math.min(SNIFF_LENGTH, facts.size));
    readSync(file, head, 0, head.length, 0);
    if (facts.size > SNIFF_LENGTH && sniffContent(head).use !== 'image') return head;
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws Error that `fileError` puts into words; AppError IMAGE_TOO_LARGE */
function checkFile(facts: Stats, path: string): void {
  if (facts.isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
  if (!facts.isFile()) throw Object.assign(new Error('it is not an ordinary file'), { code: 'EINVAL' });
  if (facts.size > MAX_FILE_BYTES) throw tooManyBytes(basename(path), facts.size);
}

/** Null for all that is the image library's to probe. */
function probeHere(name: string, bytes: Uint8Array, format: string): Probe | null {
  if (format === 'bmp') return probeBitmap(name, bytes);
  // Where JPEGs are decoded without the image library, opening it for their header would take as long as half of that.
  const header = format === 'jpeg' && jpegDecoder() !== null ? readPlainJpegHeader(bytes) : null;
  if (header === null) return null;
  const facts: PictureFacts = { ...header, format, bitDepth: 8, orientation: 1, frames: 1 };
  const color = header.channels === 1 ? 'b-w' : 'srgb';
  return { facts, notes: [], hasAlpha: false, hasProfile: false, color, loader: 'jpeg' };
}

async function probeWithSharp(name: string, bytes: Uint8Array, format: string): Promise<Probe> {
  let meta: Metadata;
  try {
    meta = await loadSharp()(bytes, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw decodeError(error, name, bytes);
  }
  const orientation = meta.orientation ?? 1;
  const frames = Math.max(1, meta.pages ?? 1);
  // With several frames the library may report them stacked.
  const height = meta.pageHeight ?? meta.height;
  const turned = orientation >= 5;
  const facts: PictureFacts = {
    width: turned ? height : meta.width,
    height: turned ? meta.width : height,
    format,
    bitDepth: bitDepths[meta.depth ?? 'uchar'] ?? 8,
    channels: meta.channels ?? 3,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    frames,
  };
  const color = meta.space ?? 'srgb';
  const hasAlpha = meta.hasAlpha ?? false;
  const notes = notesFor(facts, color, hasAlpha);
  return { facts, notes, hasAlpha, hasProfile: meta.hasProfile ?? false, color, loader: meta.format };
}

const bitDepths: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  double: 64,
};

function notesFor(facts: PictureFacts, color: string, hasAlpha: boolean): ErrorReport[] {
  const { frames, bitDepth: bits, format } = facts;
  const notes: ErrorReport[] = [];
  const parts = format === 'tiff' ? 'pages' : 'frames';
  if (frames > 1) notes.push(remark('first-frame-only', `Only the first of ${frames} ${parts} is used.`, { frames }));
  if (bits > 8) notes.push(remark('bits-reduced', `${bits} bits for each channel were reduced to 8.`, { bits }));
  if (color === 'cmyk') notes.push(remark('cmyk-converted', 'CMYK was converted to sRGB.'));
  // GIF decoders always deliver alpha, needed or not.
  if (hasAlpha && format !== 'gif') notes.push(remark('on-white', 'Transparent parts stand on white.'));
  return notes;
}

function probeBitmap(name: string, bytes: Uint8Array): Probe {
  try {
    const { width, height, bitsPerPixel } = readBitmapHeader(bytes);
    const channels = Math.max(1, Math.round(bitsPerPixel / 8));
    const facts: PictureFacts = { width, height, format: 'bmp', bitDepth: 8, channels, orientation: 1, frames: 1 };
    return { facts, notes: [], hasAlpha: false, hasProfile: false, color: 'srgb', loader: 'bmp' };
  } catch (error) {
    throw decodeError(error, name, bytes);
  }
}
