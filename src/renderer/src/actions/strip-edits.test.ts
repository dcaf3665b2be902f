import { describe, expect, it } from 'vitest';
import type { Segmentation } from '../../../shared/contract';
import type { PictureItem, PictureStatus, PicturesState } from '../state/pictures-store';
import { putBack, visibleOrder, without } from './strip-edits';

function item(id: string, status: PictureStatus = 'done'): PictureItem {
  return { entry: { id, name: `${id}.png`, path: null, sizeBytes: 1, kind: 'image' }, status, error: null };
}

function strip(ids: string[], selectedId: string | null): PicturesState {
  return {
    order: ids,
    items: Object.fromEntries(ids.map((id) => [id, item(id)])),
    selectedId,
    filter: '',
    segmentations: new Map(ids.map((id) => [id, {} as Segmentation])),
  };
}

describe('without', () => {
  it.each<[string, PicturesState, string[], string[], string | null]>([
    ['keeps the selection', strip(['a', 'b', 'c'], 'a'), ['b'], ['a', 'c'], 'a'],
    ['selects the next one', strip(['a', 'b', 'c'], 'b'), ['b'], ['a', 'c'], 'c'],
    ['selects the last one at the end', strip(['a', 'b', 'c'], 'c'), ['c'], ['a', 'b'], 'b'],
    ['skips others that go too', strip(['a', 'b', 'c', 'd'], 'b'), ['b', 'c'], ['a', 'd'], 'd'],
    ['selects nothing when all go', strip(['a', 'b'], 'b'), ['a', 'b'], [], null],
  ])('%s', (_name, state, ids, order, selectedId) => {
    const next = { ...state, ...without(state, ids) };
    expect(next.order).toEqual(order);
    expect(next.selectedId).toBe(selectedId);
    expect(Object.keys(next.items).sort()).toEqual([...order].sort());
    expect([...next.segmentations.keys()].sort()).toEqual([...order].sort());
  });
});

describe('putBack', () => {
  it('restores order, items and selection', () => {
    const before = strip(['a', 'b', 'c'], 'b');
    const after = { ...before, ...without(before, ['b']) };
    const again = { ...after, ...putBack(after, before, ['b']) };
    expect(again.order).toEqual(['a', 'b', 'c']);
    expect(again.selectedId).toBe('b');
    expect(again.items['b']?.status).toBe('idle');
  });

  it('keeps what came and what went meanwhile', () => {
    const before = strip(['a', 'b', 'c'], 'a');
    const after = { ...before, ...without(before, ['b']) };
    const later = { ...after, order: ['a', 'd'], items: { a: item('a'), d: item('d') } };
    expect(putBack(later, before, ['b']).order).toEqual(['a', 'b', 'd']);
  });
});

describe('visibleOrder', () => {
  const state = strip(['Street', 'night', 'street-2'], null);
  it.each([
    ['', ['Street', 'night', 'street-2']],
    ['STREET', ['Street', 'street-2']],
    [' night ', ['night']],
    ['png', ['Street', 'night', 'street-2']],
    ['x', []],
  ])('%j', (filter, expected) => expect(visibleOrder({ ...state, filter })).toEqual(expected));
});
