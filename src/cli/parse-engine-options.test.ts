import { describe, expect, it } from 'vitest';
import { bytesOf, layerNormOf, levelOf, quantizedKinds, shapeOf, targetsOf } from './parse-engine-options';

describe('options of engines', () => {
  it.each<[string, number[] | null]>([
    ['1x3x1024x2048', [1, 1024, 2048]],
    ['8x1x64x64', [8, 64, 64]],
    ['8x512x512', [8, 512, 512]],
    ['256x320', [1, 256, 320]],
    ['1X3X64X64', [1, 64, 64]],
    ['1x4x64x64', null],
    ['64', null],
    ['1x3x0x64', null],
    ['1x3x64.5x64', null],
    ['axb', null],
  ])('the shape %s', (text, expected) => {
    if (expected === null) expect(() => shapeOf(text)).toThrow(/shape/);
    else {
      const [batch, height, width] = expected;
      expect(shapeOf(text)).toEqual({ batch, height, width });
    }
  });

  it.each<[string, number | null]>([
    ['4GiB', 2 ** 32],
    ['512MiB', 2 ** 29],
    ['1.5g', 1.5e9],
    ['100', 100],
    ['1 kB', 1000],
    ['0', null],
    ['much', null],
    ['-1GiB', null],
  ])('the size %s', (text, expected) => {
    if (expected === null) expect(() => bytesOf(text)).toThrow(/4GiB/);
    else expect(bytesOf(text)).toBe(expected);
  });

  it('GPU generations, levels and LayerNorms', () => {
    expect(targetsOf('sm_89, 12.0,sm120,86')).toEqual([89, 120, 120, 86]);
    expect(() => targetsOf('fast')).toThrow(/sm_89/);
    expect(() => targetsOf('9')).toThrow(/sm_89/);
    expect(levelOf('5')).toBe(5);
    expect(() => levelOf('6')).toThrow(/0 to 5/);
    expect(layerNormOf('keep')).toEqual({ layerNorm: 'keep' });
    expect(layerNormOf('plugin:a, *b*')).toEqual({ layerNorm: 'plugin', pluginOnly: ['a', '*b*'] });
    expect(() => layerNormOf('plugin:')).toThrow(/names/);
    expect(() => layerNormOf('fused')).toThrow(/native/);
    expect(quantizedKinds('linear, attention')).toEqual(['linear', 'attention']);
    expect(() => quantizedKinds('linear,softmax')).toThrow(/attention/);
  });
});
