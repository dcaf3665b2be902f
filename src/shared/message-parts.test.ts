import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { FrameReader, framesOf } from './message-parts';

const pack = (value: unknown): Uint8Array => encode(value, { ignoreUndefined: true });
const bytes = (length: number, first = 7): Uint8Array =>
  new Uint8Array(length).map((_, index) => (first + index) & 255);

/** Through both sides, as what the channel carries. */
function across(message: unknown): { frames: Uint8Array[]; arrived: unknown } {
  const frames = framesOf(message, pack);
  const reader = new FrameReader((data) => decode(data));
  const answers = frames.map((frame) => reader.read(frame.slice()));
  expect(answers.slice(0, -1).every((answer) => answer === null)).toBe(true);
  return { frames, arrived: answers.at(-1)?.message };
}

describe('messages in parts', () => {
  it.each([
    ['nothing binary', { t: 'call', id: 1, args: { name: 'x', list: [1, 2, { deep: null }], yes: true } }],
    ['small bytes', { t: 'result', value: { icon: bytes(200) } }],
    ['a plain value', 7],
    ['nothing at all', null],
  ])('go as one where they have %s', (_what, message) => {
    const { frames, arrived } = across(message);
    expect(frames).toHaveLength(1);
    expect(arrived).toEqual(message);
  });

  it('carry large bytes beside them, and put them back where they were', () => {
    const frame = bytes(20_000);
    const mask = bytes(17_000, 90);
    const message = { t: 'call', args: { picture: { data: frame, width: 4 }, masks: [mask, null, bytes(3)] } };
    const { frames, arrived } = across(message);
    expect(frames).toHaveLength(3);
    expect(frames[1]).toBe(frame);
    expect(frames[0]?.byteLength).toBeLessThan(300);
    expect(arrived).toEqual(message);
    // What was sent is still as it was.
    expect(message.args.picture.data).toBe(frame);
  });

  it('follow each other', () => {
    const reader = new FrameReader((data) => decode(data));
    const big = bytes(20_000);
    const sent = [{ a: big }, { b: 1 }, { c: [big, big] }];
    const arrived = sent.flatMap((message) => framesOf(message, pack)).flatMap((frame) => reader.read(frame) ?? []);
    expect(arrived.map(({ message }) => message)).toEqual(sent);
  });

  it('are more than can go beside them without a loss', () => {
    const many = Array.from({ length: 70 }, (_, index) => bytes(16_384, index));
    const { arrived } = across({ many });
    const same = (arrived as { many: Uint8Array[] }).many.map((one, index) => Buffer.compare(one, many[index] ?? one));
    expect(same).toEqual(many.map(() => 0));
  });

  it.each([0, -1, 1.5, 1e9, 'two'])('are refused with %s parts', (parts) => {
    const reader = new FrameReader((data) => decode(data));
    expect(() => reader.read(pack({ '\u0000head': {}, parts }))).toThrow(/number of parts/);
  });

  it('are refused when they are none', () => {
    const reader = new FrameReader((data) => decode(data));
    expect(() => reader.read(new Uint8Array([0xc1]))).toThrow();
  });
});
