import { Zip, ZipPassThrough } from 'fflate';
import { packMask } from '../../../shared/domain/mask';
import type { CallResult } from '../../../shared/contract';
import type { FrameSegmentation } from '../../../shared/video-contract';
import type { ExportOrder, ExportSettings, ExportStep } from '../../../shared/video-export-contract';
import { frameTableRows } from '../../../shared/video-table';
import { shell } from '../shell/current-shell';
import { studio } from '../studio-client/studio';
import type { DecodedFrame } from '../video/video-types';
import { FrameEncoder, type ExportCodec } from './frame-encoder';
import { ExportPainter } from './frame-painter';
import { joinParts } from './join-parts';
import { unpackPart, type PartConfig } from './packet-part';

/** What becomes of the frames of an export. */
export interface ExportSink {
  /** `seconds`: when the frame is shown in what is written, and for how long. */
  take(frame: DecodedFrame, answer: FrameSegmentation, seconds: number, duration: number): Promise<void>;
  /** Answers with the paths of what was written; none when it went to the browser as a download. */
  finish(): Promise<string[]>;
  /** @param keeps whether there is a studio to keep what the encoder still holds */
  abort(keeps: boolean): Promise<void>;
}

/** An export that the studio has opened for this window. */
export interface OpenExport {
  readonly opened: CallResult<'videoExport.open'>;
  readonly order: ExportOrder;
  readonly settings: ExportSettings;
  readonly size: { readonly width: number; readonly height: number };
  /** Of videos. */
  readonly codec: ExportCodec | null;
}

/** @throws AppError EXPORT_… */
export function openSink(open: OpenExport): Promise<ExportSink> {
  switch (open.order.format) {
    case 'overlay':
    case 'mask':
      return openVideoSink(open, open.order.format);
    case 'png':
      return Promise.resolve(openPictureSink(open));
    case 'csv':
      return Promise.resolve(openTableSink(open));
  }
}

async function openVideoSink(open: OpenExport, kind: 'overlay' | 'mask'): Promise<ExportSink> {
  const { opened, settings, size } = open;
  const codec = open.codec ?? 'vp9';
  const parts = [...opened.parts];
  const config = await configOf(open, parts[0]);
  const painter = new ExportPainter(size, kind, settings.style);
  let encoder: FrameEncoder | null = null;
  const keep = async (frames: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    const name = await add(open, { kind: 'part', frames, bytes });
    if (name !== null) parts.push(name);
  };
  return {
    take: async (frame, { mask }, seconds, duration) => {
      encoder ??= await FrameEncoder.start({ codec, config, keep });
      await encoder.add(painter.paint(frame.raw, mask, seconds), duration);
    },
    finish: async () => {
      await encoder?.finish();
      painter.dispose();
      return finishVideo(open, codec, parts);
    },
    abort: async (keeps) => {
      painter.dispose();
      if (keeps) await encoder?.finish().catch(() => undefined);
      await encoder?.cancel();
    },
  };
}

/** What the frames that are kept were encoded with. */
async function configOf(open: OpenExport, part: string | undefined): Promise<PartConfig | null> {
  return part === undefined ? null : (unpackPart(await read(open, part))?.config ?? null);
}

async function finishVideo(open: OpenExport, codec: ExportCodec, parts: readonly string[]): Promise<string[]> {
  const { opened, order } = open;
  const { exportId } = opened;
  const ending = codec === 'avc' ? '.mp4' : '.webm';
  const write = async (position: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
    await studio.call('videoExport.write', { exportId, position, bytes });
  };
  const content = await joinParts({
    codec,
    parts,
    read: (part) => read(open, part),
    write: order.directory === null ? null : write,
  });
  if (content !== null) {
    shell.download(`${order.stem}.${order.format}${ending}`, codec === 'avc' ? 'video/mp4' : 'video/webm', content);
  }
  return (await studio.call('videoExport.finish', { exportId, ending })).paths;
}

/** A folder of PNGs named by their frames, or one ZIP of them as a download. */
function openPictureSink(open: OpenExport): ExportSink {
  const { opened, order } = open;
  const names = new Set(opened.parts);
  return {
    take: async ({ index }, { mask }) => {
      const name = await add(open, { kind: 'picture', frame: index, mask: packMask(mask) });
      if (name !== null) names.add(name);
    },
    finish: async () => {
      if (order.directory === null) {
        const content = await zipped([...names].sort(), (name) => read(open, name));
        shell.download(`${order.stem}-masks.zip`, 'application/zip', content);
      }
      return (await studio.call('videoExport.finish', { exportId: opened.exportId, ending: '.png' })).paths;
    },
    abort: async () => undefined,
  };
}

async function zipped(names: readonly string[], content: (name: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const zip = new Zip((error, data) => {
    if (error === null) parts.push(data);
  });
  for (const name of names) {
    // PNGs are compressed already.
    const entry = new ZipPassThrough(name);
    zip.add(entry);
    entry.push(await content(name), true);
  }
  zip.end();
  return joined(parts);
}

function openTableSink(open: OpenExport): ExportSink {
  const { opened, order } = open;
  const ending = '.frames.csv';
  return {
    take: async ({ index: frame, seconds }, { classes, timings }) => {
      await add(open, { kind: 'rows', frame, rows: frameTableRows({ frame, seconds, classes, timings }) });
    },
    finish: async () => {
      const { paths, bytes } = await studio.call('videoExport.finish', { exportId: opened.exportId, ending });
      if (bytes !== null) shell.download(`${order.stem}${ending}`, 'text/csv', bytes);
      return paths;
    },
    abort: async () => undefined,
  };
}

async function add({ opened }: OpenExport, step: ExportStep): Promise<string | null> {
  return (await studio.call('videoExport.add', { exportId: opened.exportId, step })).name;
}

async function read({ opened }: OpenExport, name: string): Promise<Uint8Array> {
  return (await studio.call('videoExport.read', { exportId: opened.exportId, name })).bytes;
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
