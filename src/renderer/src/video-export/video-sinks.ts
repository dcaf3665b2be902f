import { Zip, ZipPassThrough } from 'fflate';
import {
  BufferTarget,
  canEncodeVideo,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  StreamTarget,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
  type StreamTargetChunk,
} from 'mediabunny';
import { AppError } from '../../../shared/app-error';
import { packMask } from '../../../shared/domain/mask';
import type { FrameSegmentation } from '../../../shared/video-contract';
import { frameTableHeader, frameTableRows } from '../../../shared/video-table';
import { shell } from '../shell/current-shell';
import { studio } from '../studio-client/studio';
import type { DecodedFrame } from '../video/video-types';
import { ExportPainter } from './frame-painter';

/** What becomes of the frames of an export. */
export interface ExportSink {
  /** `seconds`: when the frame is shown in what is written, and for how long. */
  take(frame: DecodedFrame, answer: FrameSegmentation, seconds: number, duration: number): Promise<void>;
  /** Answers with the paths of what was written; none when it went to the browser as a download. */
  finish(): Promise<string[]>;
  abort(): Promise<void>;
}

export interface SinkOrder {
  /** File name without its ending. */
  readonly stem: string;
  /** Null: the browser gets downloads. */
  readonly directory: string | null;
  readonly size: { readonly width: number; readonly height: number };
}

/** @throws AppError VIDEO_NO_ENCODER, EXPORT_… */
export async function openVideoSink(order: SinkOrder, kind: 'overlay' | 'mask'): Promise<ExportSink> {
  const painter = new ExportPainter(order.size, kind);
  try {
    const codec = await chooseCodec(painter.size);
    const ending = codec === 'avc' ? '.mp4' : '.webm';
    const file = await openFile(order, `${order.stem}.${kind}`, ending);
    const format = codec === 'avc' ? new Mp4OutputFormat({ fastStart: false }) : new WebMOutputFormat();
    const output = new Output({ format, target: file.target });
    const source = new VideoSampleSource({ codec, quality: QUALITY_HIGH, keyFrameInterval: 2 });
    output.addVideoTrack(source);
    await output.start();
    return {
      take: async (frame, { mask }, seconds, duration) => {
        const sample = new VideoSample(painter.paint(frame.raw, mask, seconds), { duration });
        try {
          await source.add(sample);
        } finally {
          sample.close();
        }
      },
      finish: async () => {
        await output.finalize();
        painter.dispose();
        return file.finish(ending === '.mp4' ? 'video/mp4' : 'video/webm');
      },
      abort: async () => {
        painter.dispose();
        await output.cancel().catch(() => undefined);
        await file.abort();
      },
    };
  } catch (error) {
    painter.dispose();
    throw error;
  }
}

/** Not H.264's plain profile where the better one is missing: Chromium 108 writes a description of it that it does not open again. */
async function chooseCodec(size: { width: number; height: number }): Promise<'avc' | 'vp9'> {
  for (const codec of ['avc', 'vp9'] as const) if (await canEncodeVideo(codec, size)) return codec;
  throw new AppError(
    'VIDEO_NO_ENCODER',
    `Neither H.264 nor VP9 can be encoded here at ${size.width} x ${size.height}.`,
    {
      hint: 'Export index PNGs, or use maskforge video in a terminal.',
    },
  );
}

interface OpenFile {
  readonly target: StreamTarget | BufferTarget;
  finish(mime: string): Promise<string[]>;
  abort(): Promise<void>;
}

/** A file of the studio's that grows, or memory that becomes a download. */
async function openFile({ directory }: SinkOrder, stem: string, ending: string): Promise<OpenFile> {
  if (directory === null) {
    const target = new BufferTarget();
    return {
      target,
      finish: async (mime) => {
        if (target.buffer !== null) shell.download(`${stem}${ending}`, mime, new Uint8Array(target.buffer));
        return [];
      },
      abort: async () => undefined,
    };
  }
  const { fileId } = await studio.call('export.openFile', { directory, stem, ending });
  const writable = new WritableStream<StreamTargetChunk>({
    write: async ({ data, position }) => {
      await studio.call('export.writeFile', { fileId, position, bytes: data });
    },
  });
  const close = async (complete: boolean): Promise<string[]> => {
    const { path } = await studio.call('export.closeFile', { fileId, complete });
    return path === null ? [] : [path];
  };
  return {
    target: new StreamTarget(writable, { chunked: true, chunkSize: 4 * 1024 * 1024 }),
    finish: () => close(true),
    abort: async () => void (await close(false).catch(() => undefined)),
  };
}

/** A folder of PNGs named by their frames, or one ZIP of them as a download. */
export function openPngSink({ stem, directory }: SinkOrder): ExportSink {
  const nameOf = (frame: number): string => String(frame).padStart(6, '0');
  if (directory !== null) {
    const slash = directory.includes('\\') ? '\\' : '/';
    const folder = `${directory}${directory.endsWith(slash) ? '' : slash}${stem}-masks-${stamp()}`;
    const paths: string[] = [];
    return {
      take: async ({ index }, { mask }) => {
        const makesFolder = paths.length === 0;
        const order = { mask: packMask(mask), name: nameOf(index), directory: folder, makesFolder };
        const { path } = await studio.call('export.mask', order);
        if (path !== null) paths.push(path);
      },
      finish: async () => paths,
      abort: async () => undefined,
    };
  }
  const parts: Uint8Array[] = [];
  const zip = new Zip((error, data) => {
    if (error === null) parts.push(data);
  });
  return {
    take: async ({ index }, { mask }) => {
      const { bytes } = await studio.call('export.mask', {
        mask: packMask(mask),
        name: nameOf(index),
        directory: null,
      });
      // PNGs are compressed already.
      const entry = new ZipPassThrough(`${nameOf(index)}.png`);
      zip.add(entry);
      if (bytes !== null) entry.push(bytes, true);
    },
    finish: async () => {
      zip.end();
      shell.download(`${stem}-masks.zip`, 'application/zip', joined(parts));
      return [];
    },
    abort: async () => zip.terminate(),
  };
}

/** `20261121-154012`: a folder of its own for each export. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

export function openTableSink({ stem, directory }: SinkOrder): ExportSink {
  const rows = [frameTableHeader()];
  return {
    take: async (frame, { classes, timings }) => {
      rows.push(frameTableRows({ frame: frame.index, seconds: frame.seconds, classes, timings }));
    },
    finish: async () => {
      const bytes = new TextEncoder().encode(rows.join(''));
      if (directory === null) {
        shell.download(`${stem}.frames.csv`, 'text/csv', bytes);
        return [];
      }
      const { fileId } = await studio.call('export.openFile', { directory, stem, ending: '.frames.csv' });
      await studio.call('export.writeFile', { fileId, position: 0, bytes });
      const { path } = await studio.call('export.closeFile', { fileId, complete: true });
      return path === null ? [] : [path];
    },
    abort: async () => undefined,
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
