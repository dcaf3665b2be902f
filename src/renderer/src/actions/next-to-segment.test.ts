import { describe, expect, it } from 'vitest';
import type { Segmentation } from '../../../shared/contract';
import type { PictureStatus, PicturesState } from '../state/pictures-store';
import { nextToSegment } from './next-to-segment';

function strip(
  statuses: Record<string, PictureStatus>,
  selectedId: string | null,
  inMemory: string[] = [],
): PicturesState {
  return {
    order: Object.keys(statuses),
    items: Object.fromEntries(
      Object.entries(statuses).map(([id, status]) => [
        id,
        {
          entry: { id, name: `${id}.png`, path: null, sizeBytes: 1, kind: id.startsWith('v') ? 'video' : 'image' },
          status,
          error: null,
        },
      ]),
    ),
    selectedId,
    filter: '',
    segmentations: new Map(inMemory.map((id) => [id, {} as Segmentation])),
  };
}

describe('nextToSegment', () => {
  it.each<[string, PicturesState, string[], string | null]>([
    ['the selected one first', strip({ a: 'idle', b: 'idle', c: 'queued' }, 'b'), ['c'], 'b'],
    ['then the batch', strip({ a: 'idle', b: 'done', c: 'idle', d: 'queued' }, 'b', ['b']), ['d'], 'd'],
    ['then the next neighbour', strip({ a: 'idle', b: 'done', c: 'idle' }, 'b', ['b']), [], 'c'],
    ['then the previous one', strip({ a: 'idle', b: 'done', c: 'done' }, 'b', ['b', 'c']), [], 'a'],
    ['nothing far away', strip({ a: 'done', b: 'done', c: 'done', d: 'idle' }, 'a', ['a']), [], null],
    ['a selected mask that fell out of memory again', strip({ a: 'done' }, 'a'), [], 'a'],
    ['a failed one not again', strip({ a: 'failed' }, 'a'), [], null],
    ['no video', strip({ v: 'idle' }, 'v'), [], null],
    ['nothing without a selection', strip({ a: 'idle' }, null), [], null],
    ['not a batch member that was done meanwhile', strip({ a: 'done', b: 'done' }, 'a', ['a']), ['b'], null],
  ])('%s', (_name, state, batch, expected) => expect(nextToSegment(state, batch)).toBe(expected));
});
