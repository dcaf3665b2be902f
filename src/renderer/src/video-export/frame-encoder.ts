import {
  canEncodeVideo,
  Mp4OutputFormat,
  NullTarget,
  Output,
  QUALITY_HIGH,
  VideoSample,
  VideoSampleSource,
  WebMOutputFormat,
  type EncodedPacket,
} from 'mediabunny';
import { AppError } from '../../../shared/app-error';
import { isSameConfig, packPart, partConfig, type Packet, type PartConfig } from './packet-part';

export type ExportCodec = 'avc' | 'vp9';

/** Seconds of the new video between key frames: each is where an export can go on. */
const KEY_FRAME_SECONDS = 2;
/** Of a slow engine no more work than this is done again. */
const PART_MS = 15_000;

/** Not H.264's plain profile where the better one is missing: Chromium 108 writes a description of it that it does not open again. */
export async function chooseCodec(size: { width: number; height: number }): Promise<ExportCodec> {
  for (const codec of ['avc', 'vp9'] as const) if (await canEncodeVideo(codec, size)) return codec;
  throw new AppError(
    'VIDEO_NO_ENCODER',
    `Neither H.264 nor VP9 can be encoded here at ${size.width} x ${size.height}.`,
    {
      hint: 'Export index PNGs, or use maskforge video in a terminal.',
    },
  );
}

export interface EncoderOrder {
  readonly codec: ExportCodec;
  /** What the frames that are there already were encoded with; null where there are none. */
  readonly config: PartConfig | null;
  keep(frames: number, part: Uint8Array<ArrayBuffer>): Promise<void>;
}

/**
 * Frames to parts, each from one key frame to the next: it can be decoded by itself, and joined to others without being
 * encoded again. A part is kept as soon as the next one begins.
 */
export class FrameEncoder {
  readonly #order: EncoderOrder;
  readonly #source: VideoSampleSource;
  readonly #output: Output;
  #config: PartConfig | null = null;
  #packets: Packet[] = [];
  #began = performance.now();
  /** Parts that are being kept, in order. */
  #kept: Promise<void> = Promise.resolve();
  #trouble: { readonly error: unknown } | null = null;

  private constructor(order: EncoderOrder) {
    this.#order = order;
    this.#source = new VideoSampleSource({
      codec: order.codec,
      quality: QUALITY_HIGH,
      keyFrameInterval: KEY_FRAME_SECONDS,
      onEncodedPacket: (packet, meta) => this.#take(packet, meta?.decoderConfig),
    });
    // Only the packets count; the file is made of all parts at the end.
    const format = order.codec === 'avc' ? new Mp4OutputFormat({ fastStart: false }) : new WebMOutputFormat();
    this.#output = new Output({ format, target: new NullTarget() });
    this.#output.addVideoTrack(this.#source);
  }

  static async start(order: EncoderOrder): Promise<FrameEncoder> {
    const encoder = new FrameEncoder(order);
    await encoder.#output.start();
    return encoder;
  }

  /** Closes the frame. @throws AppError VIDEO_ENCODER_CHANGED, and what `keep` throws */
  async add(frame: VideoFrame, duration: number): Promise<void> {
    const sample = new VideoSample(frame, { duration });
    try {
      const isLate = this.#packets.length > 0 && performance.now() - this.#began >= PART_MS;
      await this.#source.add(sample, isLate ? { keyFrame: true } : {});
    } finally {
      sample.close();
    }
    await this.#kept;
    this.#throwTrouble();
  }

  /** Answers when all that was added is kept. */
  async finish(): Promise<void> {
    await this.#output.finalize();
    this.#endPart();
    await this.#kept;
    this.#throwTrouble();
  }

  /** Lets the encoder go, with what it still holds. */
  async cancel(): Promise<void> {
    if (this.#output.state !== 'finalized') await this.#output.cancel().catch(() => undefined);
  }

  #take({ type, timestamp, duration, data }: EncodedPacket, config: VideoDecoderConfig | undefined): void {
    if (config !== undefined) this.#checkConfig(partConfig(config));
    if (type === 'key') this.#endPart();
    if (this.#packets.length === 0) this.#began = performance.now();
    this.#packets.push({ type, timestamp, duration, data });
  }

  #checkConfig(config: PartConfig | null): void {
    const before = this.#config ?? this.#order.config;
    this.#config = config;
    if (config === null || (before !== null && !isSameConfig(before, config))) this.#trouble = { error: changed() };
  }

  #endPart(): void {
    const [packets, config] = [this.#packets, this.#config];
    this.#packets = [];
    if (packets.length === 0 || config === null || this.#trouble !== null) return;
    this.#kept = this.#kept
      .then(() =>
        this.#trouble === null ? this.#order.keep(packets.length, packPart({ config, packets })) : undefined,
      )
      .catch((error: unknown) => void (this.#trouble ??= { error }));
  }

  #throwTrouble(): void {
    if (this.#trouble !== null) throw this.#trouble.error;
  }
}

function changed(): AppError {
  return new AppError('VIDEO_ENCODER_CHANGED', 'The encoder writes other frames than those that are kept.', {
    hint: 'They do not fit into one file. Start the export again from its first frame.',
  });
}
