import { describe, expect, it } from 'vitest';
import type { QuantizedKind } from '../../../shared/domain/quantization';
import { chosenKinds, missingKinds, toggleKind } from './chosen-kinds';

type Kinds = readonly QuantizedKind[] | null;

const known = [
  { kind: 'linear', layers: 8, isDefault: true },
  { kind: 'convolution', layers: 0, isDefault: true },
  { kind: 'attention', layers: 2, isDefault: false },
  { kind: 'classifier', layers: 1, isDefault: false },
] as const;

describe('chosenKinds', () => {
  it.each<[string, Kinds, Kinds]>([
    ['is the default, as far as the network has it', null, ['linear']],
    ['is what was chosen, in one order', ['classifier', 'linear'], ['linear', 'classifier']],
    ['leaves out what the network has none of', ['convolution', 'attention'], ['attention']],
    ['is nothing where nothing was chosen', [], []],
  ])('%s', (_, kinds, chosen) => expect(chosenKinds(kinds, [...known])).toEqual(chosen));
});

describe('toggleKind', () => {
  it.each<[string, Kinds, QuantizedKind, boolean, Kinds]>([
    ['adds to the default', null, 'attention', true, ['linear', 'attention']],
    ['is the default again once that is chosen', ['linear', 'attention'], 'attention', false, null],
    ['takes out of the default', null, 'linear', false, []],
    ['keeps what was chosen', ['classifier'], 'attention', true, ['attention', 'classifier']],
    ['adds nothing twice', ['attention'], 'attention', true, ['attention']],
  ])('%s', (_, kinds, toggled, on, next) => expect(toggleKind(kinds, [...known], toggled, on)).toEqual(next));

  it('takes no choice for a default of nothing', () => {
    const none = known.map((each) => ({ ...each, isDefault: false }));
    expect(toggleKind(['linear'], none, 'linear', false)).toEqual([]);
  });
});

describe('missingKinds', () => {
  const foreign = { code: 'CALIBRATION_CACHE_FOREIGN', message: 'No ranges.' };

  it.each([
    [{ ...foreign, details: { kinds: 'residual, attention' } }, ['attention', 'residual']],
    [{ ...foreign, details: { kinds: 'guess' } }, []],
    [foreign, []],
    [{ code: 'FILE_NOT_FOUND', message: 'Gone.', details: { kinds: 'attention' } }, []],
  ])('of %j', (error, kinds) => expect(missingKinds(error)).toEqual(kinds));
});
