import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { RawFrame } from '../../shared/domain/raw-frame';
import { rawFrameBytes } from '../../shared/domain/raw-frame';
import { exportError } from '../export/save-new-file';
import { lastLines } from './ffmpeg';
import type { VideoFacts } from './probe-video';
import { reasonOf } from './probe-video';

export interface DecodeOrder {
  readonly ffmpeg: string;
  readonly path: string;
  readonly facts: VideoFacts;
  /** Frames evenly spaced (for a video that is written again), or each frame of the file once. */
  readonly evenly: boolean;
  /** The first frame that is delivered; those before are decoded only. Not with `evenly`, which makes frames up. */
  readonly from?: number;
  readonly signal: AbortSignal;
}

/**
 * The frames of a video, oriented, as NV12. What the decoder complains about is told to `onTrouble`; a file that ends
 * early simply gives fewer frames.
 * @throws AppError VIDEO_DECODE_FAILED when the decoder fails before the first frame
 */
export async function* decodeFrames(
  { ffmpeg, path, facts, evenly, from = 0, signal }: DecodeOrder,
  onTrouble: (complaint: string) => void,
): AsyncGenerator<RawFrame> {
  const skip = from > 0 ? ['-vf', `select=gte(n\\,${from})`] : [];
  const timing = evenly ? ['-r', facts.rate] : [...skip, '-vsync', '0'];
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-i',
    path,
    '-map',
    '0:v:0',
    ...timing,
    '-f',
    'rawvideo',
    '-pix_fmt',
    'nv12',
    '-',
  ];
  const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = endOf(child);
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = lastLines(complaints + String(chunk))));
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let count = 0;
  try {
    for await (const data of portions(child.stdout, rawFrameBytes({ format: 'nv12', ...facts }))) {
      const { width, height, matrix, fullRange } = facts;
      yield { format: 'nv12', width, height, matrix, fullRange, data };
      count += 1;
    }
    const code = await ended;
    if (signal.aborted) return;
    if (complaints.trim() !== '' && count > 0) onTrouble(reasonOf(complaints));
    if (code !== 0 && count === 0) {
      const name = basename(path);
      throw new AppError('VIDEO_DECODE_FAILED', `${name} cannot be decoded: ${reasonOf(complaints)}`, {
        hint: 'Copy or download the video again, or save it anew as MP4 or WebM.',
        details: { file: name },
      });
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Pieces of exactly `size` bytes; a rest at the end is dropped. */
async function* portions(stream: AsyncIterable<unknown>, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let target = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of stream) {
    let rest = chunk instanceof Uint8Array ? chunk : new Uint8Array();
    while (rest.byteLength > 0) {
      const taken = rest.subarray(0, size - filled);
      target.set(taken, filled);
      filled += taken.byteLength;
      rest = rest.subarray(taken.byteLength);
      if (filled < size) continue;
      yield target;
      target = new Uint8Array(size);
      filled = 0;
    }
  }
}

export interface EncodeOrder {
  readonly ffmpeg: string;
  /** The file that is written; its ending chooses container and codec. */
  readonly out: string;
  readonly width: number;
  readonly height: number;
  /** Frames a second, as ffmpeg writes fractions. */
  readonly rate: string;
}

/** A video that is written frame by frame. */
export interface FrameWriter {
  /** RGB, 3 bytes a pixel. Waits while the encoder is behind. */
  write(pixels: Uint8Array): Promise<void>;
  /** Resolves when the file is whole. @throws AppError VIDEO_ENCODE_FAILED */
  finish(): Promise<void>;
  /** Ends the encoder; the file is of no use. */
  abort(): void;
}

/** More than 4K, in either of its widths. */
const LARGE_PIXELS = 4096 * 2304;

export function encodeFrames({ ffmpeg, out, width, height, rate }: EncodeOrder): FrameWriter {
  // Looking ahead holds dozens of frames, which of 8K takes 2.8 GB; without it, 1.4.
  const lookahead = width * height > LARGE_PIXELS ? ['-rc-lookahead', '0', '-bf', '0'] : [];
  const codec = /\.webm$/i.test(out)
    ? ['-c:v', 'libvpx-vp9', '-crf', '24', '-b:v', '0', '-row-mt', '1', '-deadline', 'realtime', '-cpu-used', '6']
    : ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', ...lookahead, '-movflags', '+faststart'];
  // Encoders for players take even sizes only.
  const filter = `crop=trunc(iw/2)*2:trunc(ih/2)*2,scale=out_color_matrix=bt709`;
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', rate, '-i', '-'];
  const tags = ['-pix_fmt', 'yuv420p', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
  const args = ['-v', 'error', '-y', ...input, '-vf', filter, ...codec, ...tags, out];
  const child = spawn(ffmpeg, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = endOf(child);
  let complaints = '';
  child.stderr.on('data', (chunk) => (complaints = lastLines(complaints + String(chunk))));
  // A broken pipe is told by the exit code, with the reason.
  child.stdin.on('error', () => undefined);
  const failed = (): unknown =>
    /No space left on device|disk is full/i.test(complaints)
      ? exportError(Object.assign(new Error(complaints), { code: 'ENOSPC' }), out)
      : refused();
  const refused = (): AppError =>
    new AppError('VIDEO_ENCODE_FAILED', `${basename(out)} cannot be encoded: ${reasonOf(complaints)}`, {
      hint: 'Choose another ending (.mp4, .mkv, .webm), another folder, or the format png.',
      details: { file: basename(out) },
    });
  return {
    write: async (pixels) => {
      if (child.exitCode !== null || child.stdin.destroyed) throw failed();
      if (child.stdin.write(pixels)) return;
      await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), ended]);
    },
    finish: async () => {
      child.stdin.end();
      if ((await ended) !== 0) throw failed();
    },
    abort: () => void child.kill('SIGKILL'),
  };
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(-1));
    child.on('close', resolve);
  });
}
