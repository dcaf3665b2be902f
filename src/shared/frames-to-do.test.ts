import { describe, expect, it } from 'vitest';
import { firstFrames, firstNeeded, frameCount, isNeeded, type FrameChoice } from './frames-to-do';

const all: FrameChoice = { from: 0, to: null, every: 1, smoothing: 1 };

describe('what is left of an export', () => {
  it.each<[string, Partial<FrameChoice>, readonly number[], number | null]>([
    ['begins at the in point', { from: 7 }, [], 7],
    ['begins behind what is done', {}, [0, 1, 2], 3],
    ['begins at a hole', {}, [0, 2, 3], 1],
    ['counts from the in point', { from: 5, every: 4 }, [5, 9], 13],
    ['begins with the masks that vote', { smoothing: 3 }, [0, 1, 2, 3, 4], 3],
    ['votes by taken frames', { every: 10, smoothing: 3 }, [0, 10, 20, 30], 20],
    ['is nothing where all is done', { to: 3 }, [0, 1, 2, 3], null],
    ['asks for nothing behind the out point', { to: 3, smoothing: 5 }, [0, 1, 2, 3], null],
    ['asks for the last frame', { to: 9, every: 3 }, [0, 3, 6], 9],
  ])('%s', (_, choice, done, expected) => {
    expect(firstNeeded({ ...all, ...choice }, (frame) => done.includes(frame))).toBe(expected);
  });

  it('does again only those before a hole', () => {
    const choice = { ...all, to: 9, smoothing: 2 };
    const done = (frame: number): boolean => frame !== 4 && frame !== 9;
    expect(firstFrames(choice, 10).filter((frame) => isNeeded(frame, choice, done))).toEqual([3, 4, 8, 9]);
  });

  it.each([
    [{ from: 0, to: 9, every: 1 }, 10],
    [{ from: 3, to: 9, every: 3 }, 3],
    [{ from: 3, to: 8, every: 3 }, 2],
    [{ from: 3, to: 2, every: 1 }, 0],
  ])('counts %j', (choice, count) => expect(frameCount({ smoothing: 1, ...choice })).toBe(count));
});
