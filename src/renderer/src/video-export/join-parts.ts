import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  WebMOutputFormat,
  type StreamTargetChunk,
} from 'mediabunny';
import { AppError } from '../../../shared/app-error';
import type { ExportCodec } from './frame-encoder';
import { decoderConfig, unpackPart } from './packet-part';

const CHUNK_BYTES = 4 * 1024 * 1024;

export interface JoinOrder {
  readonly codec: ExportCodec;
  /** Names of the parts, in order. */
  readonly parts: readonly string[];
  read(part: string): Promise<Uint8Array>;
  /** Null: the file is to be made in memory. */
  readonly write: ((position: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>) | null;
}

/**
 * One file of all parts, their frames as they are. Answers with its content where it was made in memory.
 * @throws AppError VIDEO_PART_DAMAGED, and what `read` and `write` throw
 */
export async function joinParts({ codec, parts, read, write }: JoinOrder): Promise<Uint8Array | null> {
  const memory = new BufferTarget();
  const target = write === null ? memory : streamTo(write);
  const format = codec === 'avc' ? new Mp4OutputFormat({ fastStart: false }) : new WebMOutputFormat();
  const output = new Output({ format, target });
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source);
  await output.start();
  try {
    for (const name of parts) {
      const part = unpackPart(await read(name));
      if (part === null) throw damaged(name);
      const meta = { decoderConfig: decoderConfig(part.config) };
      for (const { data, type, timestamp, duration } of part.packets)
        await source.add(new EncodedPacket(data, type, timestamp, duration), meta);
    }
    await output.finalize();
  } catch (error) {
    await output.cancel().catch(() => undefined);
    throw error;
  }
  return write === null ? new Uint8Array(memory.buffer ?? new ArrayBuffer(0)) : null;
}

function streamTo(write: (position: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>): StreamTarget {
  const writable = new WritableStream<StreamTargetChunk>({ write: ({ data, position }) => write(position, data) });
  return new StreamTarget(writable, { chunked: true, chunkSize: CHUNK_BYTES });
}

function damaged(file: string): AppError {
  return new AppError('VIDEO_PART_DAMAGED', `The part ${file} of the unfinished video is damaged.`, {
    hint: 'Continue the export: the part and all behind it are made again.',
    details: { file },
  });
}
