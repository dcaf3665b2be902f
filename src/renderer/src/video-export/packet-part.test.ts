import { describe, expect, it } from 'vitest';
import { decoderConfig, isSameConfig, packPart, partConfig, unpackPart, type PacketPart } from './packet-part';

const config = partConfig({
  codec: 'avc1.64001f',
  codedWidth: 320,
  codedHeight: 256,
  description: Uint8Array.of(1, 100, 0, 31, 255),
  colorSpace: { primaries: 'bt709', fullRange: false },
});
if (config === null) throw new Error('the configuration is whole');

const part: PacketPart = {
  config,
  packets: [
    { type: 'key', timestamp: 2, duration: 0.04, data: Uint8Array.of(1, 2, 3) },
    { type: 'delta', timestamp: 2.04, duration: 0.04, data: Uint8Array.of() },
    { type: 'delta', timestamp: 2.08, duration: 0.04, data: Uint8Array.of(255) },
  ],
};

describe('a part of an encoded video', () => {
  it('comes back as it was, wherever its bytes lie', () => {
    const bytes = packPart(part);
    const elsewhere = new Uint8Array(bytes.byteLength + 7);
    elsewhere.set(bytes, 7);
    expect(unpackPart(elsewhere.subarray(7))).toEqual(part);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['cut off', (bytes) => bytes.subarray(0, -1)],
    ['too long', (bytes) => Uint8Array.of(...bytes, 0)],
    ['without its head', (bytes) => bytes.subarray(0, 3)],
    ['something else', (bytes) => bytes.fill(120)],
    ['empty', () => new Uint8Array(0)],
  ])('is refused when it is %s', (_, harm) => expect(unpackPart(harm(packPart(part)))).toBeNull());

  it('tells a decoder what the encoder said', () => {
    expect(decoderConfig(config)).toMatchObject({
      codec: 'avc1.64001f',
      codedWidth: 320,
      description: Uint8Array.of(1, 100, 0, 31, 255),
      colorSpace: { primaries: 'bt709', transfer: null, fullRange: false },
    });
    expect(partConfig({ codec: 'vp8' })).toBeNull();
  });

  it.each([
    [{}, true],
    [{ description: 'AWQAHg==' }, false],
    [{ codec: 'avc1.42001f' }, false],
    [{ codedWidth: 640 }, false],
    [{ colorSpace: {} }, true],
  ])('goes with one of %j: %s', (change, expected) =>
    expect(isSameConfig(config, { ...config, ...change })).toBe(expected),
  );
});
