import { describe, expect, it } from 'vitest';
import { contentOf } from './drag-content';

function drag(types: string[], fileTypes: string[]) {
  return { types, items: fileTypes.map((type) => ({ kind: 'file', type })) };
}

describe('contentOf', () => {
  it.each([
    [
      'two pictures',
      drag(['Files'], ['image/png', 'image/jpeg']),
      { pictures: 2, videos: 0, unknown: 0, others: 0, refused: false },
    ],
    ['a folder or model', drag(['Files'], ['']), { pictures: 0, videos: 0, unknown: 1, others: 0, refused: false }],
    [
      'a document',
      drag(['Files'], ['application/pdf']),
      { pictures: 0, videos: 0, unknown: 0, others: 1, refused: true },
    ],
    ['a video', drag(['Files'], ['video/mp4']), { pictures: 0, videos: 1, unknown: 0, others: 0, refused: false }],
    [
      'a picture and a document',
      drag(['Files'], ['image/png', 'text/plain']),
      { pictures: 1, videos: 0, unknown: 0, others: 1, refused: false },
    ],
    ['hidden items', drag(['Files'], []), { pictures: 0, videos: 0, unknown: 1, others: 0, refused: false }],
    ['text', drag(['text/plain'], []), { pictures: 0, videos: 0, unknown: 0, others: 1, refused: true }],
    ['nothing', drag([], []), null],
  ])('%s', (_name, transfer, expected) => expect(contentOf(transfer)).toEqual(expected));
});
