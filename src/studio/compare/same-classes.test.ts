import { describe, expect, it } from 'vitest';
import { checkSameClasses, mergedLabels } from './same-classes';

const labels = (...names: string[]) =>
  names.map((name, id) => ({ id, name, color: [id, id, id] as [number, number, number] }));
const side = (name: string, ...names: string[]) => ({ name, labels: labels(...names) });

describe('sides of the same classes', () => {
  it.each([
    ['the same names', ['road', 'sky'], ['road', 'sky']],
    ['names written otherwise', ['Traffic_Light', 'sky '], ['traffic light', 'Sky']],
    ['names on one side only', ['road', 'sky'], ['class 0', 'class 1']],
  ])('lets pass %s', (_, first, second) => {
    expect(() => checkSameClasses(side('A', ...first), side('B', ...second))).not.toThrow();
  });

  it.each([
    ['another number', ['road', 'sky'], ['road'], 'the first knows 2 classes, the second 1'],
    ['another name', ['road', 'sky'], ['road', 'wall'], 'class 1 is "sky" in the first and "wall" in the second'],
    ['another order', ['road', 'sky', 'car'], ['sky', 'road', 'car'], 'in the second, and 1 more differ'],
    ['the name of another class', ['class 1', 'sky'], ['road', 'class 0'], 'class 0 is "class 1" in the first'],
  ])('says what differs: %s', (_, first, second, why) => {
    const check = (): void => checkSameClasses(side('A', ...first), side('B', ...second));
    expect(check).toThrow(expect.objectContaining({ code: 'COMPARE_CLASSES_DIFFER' }) as Error);
    expect(check).toThrow(why);
  });

  it('keeps for each class the name that somebody gave it', () => {
    const merged = mergedLabels([labels('class 0', 'sky'), labels('road', 'class 1')]);
    expect(merged.map(({ name }) => name)).toEqual(['road', 'sky']);
  });
});
