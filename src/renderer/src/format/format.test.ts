import { describe, expect, it } from 'vitest';
import { formatBytes, formatMilliseconds, formatSeconds, formatTimeLeft } from './format';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1500, '1.5 kB'],
    [15_200_000, '15 MB'],
    [2_340_000_000, '2.3 GB'],
    [4_200_000_000_000, '4,200 GB'],
  ])('%d → %s', (bytes, text) => expect(formatBytes(bytes, 'en')).toBe(text));
});

describe('formatMilliseconds', () => {
  it.each([
    [0, '0.00'],
    [723_000, '0.72'],
    [14_260_000, '14.3'],
    [1_204_400_000, '1204'],
  ])('%d ns → %s', (nanoseconds, text) => expect(formatMilliseconds(nanoseconds, 'en')).toBe(text));
});

describe('formatSeconds', () => {
  it.each([
    [0.2, '1 sec'],
    [45, '45 sec'],
    [180, '3 min'],
    [3600 * 2, '2 hr'],
    [3600 * 1.5, '1 hr 30 min'],
  ])('%d → %s', (seconds, text) => expect(formatSeconds(seconds, 'en')).toBe(text));
});

describe('formatTimeLeft', () => {
  it.each<[readonly [number, number], string]>([
    [[10, 20], '10 sec – 20 sec'],
    [[118, 121], '2 min'],
  ])('%o → %s', (range, text) => expect(formatTimeLeft(range, 'en')).toBe(text));
});
