import { z } from 'zod';

/** What a decoder has to be told of encoded frames. */
const configSchema = z.object({
  codec: z.string(),
  codedWidth: z.int().positive(),
  codedHeight: z.int().positive(),
  /** Base64; null where the codec has none. */
  description: z.string().nullable(),
  colorSpace: z.record(z.string(), z.union([z.string(), z.boolean(), z.null()])),
});
export type PartConfig = z.infer<typeof configSchema>;

const headSchema = z.object({
  config: configSchema,
  packets: z.array(
    z.object({ type: z.enum(['key', 'delta']), timestamp: z.number(), duration: z.number(), bytes: z.int() }),
  ),
});

/** Seconds in the new video. */
export interface Packet {
  readonly type: 'key' | 'delta';
  readonly timestamp: number;
  readonly duration: number;
  readonly data: Uint8Array;
}

/** Encoded frames from one key frame to the next, in the order in which they are decoded. */
export interface PacketPart {
  readonly config: PartConfig;
  readonly packets: readonly Packet[];
}

/** Bytes of the length that stands in front of the head: 32 bits, little-endian. */
const LENGTH = 4;

/** The length of the head, the head as JSON, and the packets one after the other. */
export function packPart({ config, packets }: PacketPart): Uint8Array<ArrayBuffer> {
  const list = packets.map(({ data, ...rest }) => ({ ...rest, bytes: data.byteLength }));
  const head = new TextEncoder().encode(JSON.stringify({ config, packets: list }));
  const size = packets.reduce((sum, { data }) => sum + data.byteLength, LENGTH + head.byteLength);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, head.byteLength, true);
  bytes.set(head, LENGTH);
  let at = LENGTH + head.byteLength;
  for (const { data } of packets) {
    bytes.set(data, at);
    at += data.byteLength;
  }
  return bytes;
}

/** Null where it is no part, or not a whole one. The packets share the memory of `bytes`. */
export function unpackPart(bytes: Uint8Array): PacketPart | null {
  if (bytes.byteLength < LENGTH) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH).getUint32(0, true);
  const head = headSchema.safeParse(parsed(new TextDecoder().decode(bytes.subarray(LENGTH, LENGTH + length)))).data;
  if (head === undefined) return null;
  let at = LENGTH + length;
  const packets = head.packets.map(({ bytes: size, ...rest }) => {
    const data = bytes.subarray(at, at + size);
    at += size;
    return { ...rest, data };
  });
  return at === bytes.byteLength ? { config: head.config, packets } : null;
}

/** Whether one track can hold both: it has a single description, and frames of one size. */
export function isSameConfig(a: PartConfig, b: PartConfig): boolean {
  const facts = ({ codec, codedWidth, codedHeight, description }: PartConfig): string =>
    JSON.stringify([codec, codedWidth, codedHeight, description]);
  return facts(a) === facts(b);
}

/** Of what an encoder says of its frames. Null where it leaves out what a file has to tell. */
export function partConfig(config: VideoDecoderConfig): PartConfig | null {
  const { codec, codedWidth, codedHeight, description, colorSpace = {} } = config;
  if (codedWidth === undefined || codedHeight === undefined) return null;
  const { primaries = null, transfer = null, matrix = null, fullRange = null } = colorSpace;
  return {
    codec,
    codedWidth,
    codedHeight,
    description: description === undefined ? null : btoa(String.fromCharCode(...bytesOf(description))),
    colorSpace: { primaries, transfer, matrix, fullRange },
  };
}

export function decoderConfig({ description, colorSpace, ...rest }: PartConfig): VideoDecoderConfig {
  return {
    ...rest,
    ...(description === null ? {} : { description: Uint8Array.from(atob(description), (c) => c.charCodeAt(0)) }),
    // As an encoder of this browser's gave it, and was read back.
    colorSpace: colorSpace as VideoColorSpaceInit,
  };
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
