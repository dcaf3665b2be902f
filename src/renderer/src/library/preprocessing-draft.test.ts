import { describe, expect, it } from 'vitest';
import type { Preprocessing, SizePolicy } from '../../../shared/domain/model';
import type { Draft } from './preprocessing-draft';
import { draftOf, preprocessingOf, presetOf, presets } from './preprocessing-draft';

function preprocessing(size: SizePolicy): Preprocessing {
  return {
    size,
    resample: 'bilinear',
    channelOrder: 'rgb',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
}

const sizes: SizePolicy[] = [
  { mode: 'stretch', width: 512, height: 256 },
  { mode: 'pad', width: 640, height: 640, fill: [114, 114, 114] },
  { mode: 'tile', width: 512, height: 512, overlap: 0 },
  { mode: 'native', multipleOf: 32, maxSide: 2048 },
];

describe('a draft', () => {
  it.each(sizes)('says $mode again as it was', (size) => {
    expect(preprocessingOf(draftOf(preprocessing(size)))).toEqual(preprocessing(size));
  });

  it.each<[string, Partial<Draft>]>([
    ['no width', { width: '' }],
    ['a width with letters', { width: '5a' }],
    ['a broken pixel', { width: '12.5' }],
    ['a deviation of nought', { std: ['0', '1', '1'] }],
    ['no scale', { scale: '0' }],
    ['half a fraction', { scale: '1/' }],
    ['a fraction of nothing', { scale: '1/0' }],
    ['two strokes', { scale: '1/2/3' }],
    ['a mean that is being typed', { mean: ['-', '0', '0'] }],
  ])('is nothing yet with %s', (_name, change) => {
    const draft = draftOf(preprocessing({ mode: 'stretch', width: 512, height: 512 }));
    expect(preprocessingOf({ ...draft, ...change })).toBeNull();
  });

  it('ignores numbers that its mode does not use', () => {
    const draft = draftOf(preprocessing({ mode: 'stretch', width: 512, height: 512 }));
    expect(preprocessingOf({ ...draft, overlap: 'x', maxSide: '' })).not.toBeNull();
  });
});

describe('presetOf', () => {
  const draft = draftOf(preprocessing({ mode: 'stretch', width: 512, height: 512 }));
  it('knows ImageNet', () => expect(presetOf(draft)).toBe('imagenet'));
  it('knows plain pixels', () => expect(presetOf({ ...draft, ...presets.raw })).toBe('raw'));
  it('knows none', () => expect(presetOf({ ...draft, mean: ['0.4', '0.4', '0.4'] })).toBeNull());
});
