import { describe, expect, it } from 'vitest';
import type { PictureItem, PicturesState } from '../state/pictures-store';
import { exportScopes } from './export-scope';

function strip(ids: string[], selectedId: string | null): Pick<PicturesState, 'order' | 'items' | 'selectedId'> {
  const item = (id: string): PictureItem => ({
    entry: { id, name: `${id}.jpg`, path: null, sizeBytes: 1, kind: id.startsWith('v') ? 'video' : 'image' },
    status: 'done',
    error: null,
  });
  return { order: ids, items: Object.fromEntries(ids.map((id) => [id, item(id)])), selectedId };
}

describe('exportScopes', () => {
  it.each<[string, string[], ReturnType<typeof strip>, Record<string, string[]>]>([
    ['the only picture', ['a'], strip(['a'], 'a'), { selected: ['a'] }],
    ['one of several', ['a'], strip(['a', 'b'], 'a'), { selected: ['a'], all: ['a', 'b'] }],
    ['all that there are', ['a', 'b'], strip(['a', 'b'], 'b'), { all: ['a', 'b'], selected: ['b'] }],
    ['a few', ['a', 'b'], strip(['a', 'b', 'c'], 'c'), { given: ['a', 'b'], all: ['a', 'b', 'c'], selected: ['c'] }],
    ['no video', ['a', 'v'], strip(['a', 'v'], 'a'), { selected: ['a'] }],
    ['nothing', [], strip([], null), {}],
  ])('%s', (_name, asked, state, expected) => {
    const scopes = exportScopes(asked, state);
    expect(Object.fromEntries(scopes.map(({ id, pictureIds }) => [id, pictureIds]))).toEqual(expected);
    expect(scopes.map(({ id }) => id)).toEqual(Object.keys(expected));
  });
});
