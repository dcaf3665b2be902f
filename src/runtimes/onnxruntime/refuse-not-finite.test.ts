import { describe, expect, it } from 'vitest';
import type { Logits } from './logits';
import { refuseNotFinite } from './refuse-not-finite';

function logits(data: Logits['data']): Logits {
  return { data, layout: 'NCHW', channels: data.length, height: 1, width: 1 };
}

const HALF_ONE = 0x3c00;

describe('refuseNotFinite', () => {
  it.each<[string, Logits['data'], number]>([
    ['a NaN at the beginning', Float32Array.of(NaN, 1, 2, 3, 4), 1],
    ['a NaN at the end', Float32Array.of(0, 1, 2, 3, NaN), 1],
    ['infinity', Float32Array.of(0, Infinity, 2, Infinity), 2],
    ['both infinities', Float32Array.of(-Infinity, Infinity, 2, 0), 1],
    ['a half NaN of either sign', Uint16Array.of(HALF_ONE, 0x7e00, 0xfe00), 2],
    ['half infinity', Uint16Array.of(HALF_ONE, 0x7c00), 1],
  ])('refuses %s', (_, data, count) => {
    expect(() => refuseNotFinite(logits(data), 'net')).toThrow(
      expect.objectContaining({ code: 'MODEL_OUTPUT_NOT_FINITE', details: { model: 'net', count, of: data.length } }),
    );
  });

  it.each<[string, Logits['data']]>([
    ['ordinary numbers', Float32Array.of(1, -2, 3.5, 0, 7)],
    ['the largest numbers of 32 bits', new Float32Array(1000).fill(3.4e38)],
    ['a class that is ruled out', Float32Array.of(1, -Infinity, 2)],
    ['a class that is ruled out in 16 bits', Uint16Array.of(HALF_ONE, 0xfc00, 0x7bff)],
  ])('takes %s', (_, data) => expect(() => refuseNotFinite(logits(data), 'net')).not.toThrow());
});
