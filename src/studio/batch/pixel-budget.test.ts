import { describe, expect, it } from 'vitest';
import { PixelBudget, mostPixels } from './pixel-budget';

const open = new AbortController().signal;

/** Asks for pictures of these sizes, and answers with the names of those that are in. */
function asking(budget: PixelBudget, sizes: Readonly<Record<string, number>>, signal = open): string[] {
  const inside: string[] = [];
  for (const [name, pixels] of Object.entries(sizes))
    budget.enter(pixels, signal).then(
      () => inside.push(name),
      () => inside.push(`${name} gave up`),
    );
  return inside;
}

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

describe('the budget of pixels', () => {
  it('lets in what fits, in turn, even where a later one would fit', async () => {
    const budget = new PixelBudget(100);
    const inside = asking(budget, { a: 60, b: 40, c: 50, d: 1 });
    await settled();
    expect(inside).toEqual(['a', 'b']);
    budget.leave(40);
    await settled();
    expect(inside).toEqual(['a', 'b']);
    budget.leave(60);
    await settled();
    expect(inside).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets a picture beyond the whole in alone', async () => {
    const budget = new PixelBudget(100);
    const inside = asking(budget, { huge: 500, small: 1 });
    await settled();
    expect(inside).toEqual(['huge']);
    budget.leave(500);
    await settled();
    expect(inside).toEqual(['huge', 'small']);
  });

  it('lets those go on who stood behind one that gave up', async () => {
    const budget = new PixelBudget(100);
    const inside = asking(budget, { a: 80 });
    const waiting = new AbortController();
    const impatient = asking(budget, { b: 90 }, waiting.signal);
    const patient = asking(budget, { c: 10 });
    await settled();
    expect([inside, impatient, patient]).toEqual([['a'], [], []]);
    waiting.abort();
    await settled();
    expect([impatient, patient]).toEqual([['b gave up'], ['c']]);
  });

  it.each([
    [1, 32e6],
    [2 ** 33, 2 ** 27],
    [2 ** 40, 256e6],
  ])('is of %d bytes of memory %d pixels', (memory, pixels) => {
    expect(mostPixels(memory)).toBe(pixels);
  });
});
