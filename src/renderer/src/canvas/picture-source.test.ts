import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PictureSource, type PictureReader } from './picture-source';

/** Stands for the browser's decoder, which Node has not: answers with a size and counts what is closed. */
let closed: string[];

interface Studio extends PictureReader {
  readonly reads: string[];
}

function studio(width: number, height: number): Studio {
  const reads: string[] = [];
  return {
    reads,
    open: (id) =>
      Promise.resolve({ id, width, height, format: 'jpeg', bitDepth: 8, channels: 3, orientation: 1, frames: 1 }),
    read: (id, _maxSide, signal) => {
      reads.push(id);
      if (signal.aborted) return Promise.reject(new Error('aborted'));
      return Promise.resolve({ mime: 'image/jpeg', bytes: new TextEncoder().encode(id) });
    },
  };
}

const never = new AbortController().signal;

beforeEach(() => {
  closed = [];
  vi.stubGlobal('createImageBitmap', async (blob: Blob) => {
    const id = await blob.text();
    if (id === 'broken') throw new DOMException('The source image could not be decoded.', 'InvalidStateError');
    return { width: 4096, height: 4096, close: () => closed.push(id) };
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('PictureSource', () => {
  it('reads a picture once and answers with its own size', async () => {
    const reader = studio(9000, 9000);
    const source = new PictureSource(reader);
    const first = await source.load('a', 8192, never);
    expect(first.size).toEqual({ width: 9000, height: 9000 });
    expect(await source.load('a', 8192, never)).toBe(first);
    expect(reader.reads).toEqual(['a']);
  });

  it('closes the oldest beyond a quarter of a gigabyte, never one of the last three', async () => {
    const source = new PictureSource(studio(4096, 4096));
    // 64 MiB each: four fit.
    for (const id of ['a', 'b', 'c', 'd']) await source.load(id, 8192, never);
    await source.load('a', 8192, never);
    expect(closed).toEqual([]);
    await source.load('e', 8192, never);
    expect(closed).toEqual(['b']);
  });

  it('shares what is being loaded ahead', async () => {
    const reader = studio(10, 10);
    const source = new PictureSource(reader);
    void source.loadAhead('a', 8192);
    const picture = await source.load('a', 8192, never);
    expect(picture.id).toBe('a');
    expect(reader.reads).toEqual(['a']);
  });

  it('tries again what failed ahead, and then says why', async () => {
    const reader = studio(10, 10);
    const source = new PictureSource(reader);
    await source.loadAhead('broken', 8192);
    await expect(source.load('broken', 8192, never)).rejects.toMatchObject({ code: 'IMAGE_UNDRAWABLE' });
    expect(reader.reads).toEqual(['broken', 'broken']);
  });

  it('passes on that nobody waits any more', async () => {
    const aborted = AbortSignal.abort();
    await expect(new PictureSource(studio(10, 10)).load('a', 8192, aborted)).rejects.toThrow('aborted');
  });
});
