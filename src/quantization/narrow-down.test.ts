import { describe, expect, it } from 'vitest';
import { narrowDown } from './narrow-down';

describe('narrowDown', () => {
  it.each([1, 2, 5, 36])('finds the least that is enough of %d, from any guess', async (most) => {
    for (let least = 1; least <= most + 1; least += 1) {
      for (let guess = 1; guess <= most; guess += 1) {
        const tried: number[] = [];
        const found = await narrowDown(async (count) => (tried.push(count), count < least ? null : count), {
          guess,
          most,
        });
        expect(found).toBe(least > most ? null : least);
        expect(new Set(tried).size).toBe(tried.length);
        expect(tried.every((count) => count >= 1 && count <= most)).toBe(true);
        expect(tried.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(most + 1)) + 1);
      }
    }
  });

  it('needs two tries where the guess is right, and one where nothing is to be found out', async () => {
    const tried: number[] = [];
    await narrowDown(async (count) => (tried.push(count), count < 7 ? null : count), { guess: 7, most: 30 });
    expect(tried).toEqual([7, 6]);
    expect(await narrowDown(async () => 1, { guess: 1, most: 0 })).toBeNull();
  });
});
