import { describe, expect, it } from 'vitest';
import { arrangedPanes, pointInTile, tilesOf, type Layout } from './arrangement';
import type { MaskLook } from './scene';

const look: MaskLook = { opacity: 0.5, mode: 'fill', outlineWidth: 2, highlight: null };
const tiles = (count: number): Layout => ({ kind: 'tiles', sides: Array.from({ length: count }, (_, i) => i) });
const wide = { width: 1600, height: 900 };
const high = { width: 900, height: 1600 };

describe('tilesOf', () => {
  it.each<[string, Layout, { width: number; height: number }, { width: number; height: number }, number, number]>([
    ['one pane', { kind: 'single', side: 2 }, wide, wide, 1, 1],
    ['two wide pictures on a high canvas', tiles(2), high, wide, 1, 2],
    ['two high pictures on a wide canvas', tiles(2), wide, high, 2, 1],
    ['three wide pictures on a wide canvas', tiles(3), wide, wide, 2, 2],
    ['three high pictures on a wide canvas', tiles(3), wide, high, 3, 1],
    ['four like the canvas', tiles(4), wide, wide, 2, 2],
    ['four wide pictures on a high canvas', tiles(4), high, wide, 1, 4],
  ])('%s', (_name, layout, canvas, picture, columns, rows) => {
    const found = tilesOf(layout, canvas, picture);
    expect(new Set(found.map(({ x }) => x)).size).toBe(columns);
    expect(new Set(found.map(({ y }) => y)).size).toBe(rows);
    for (const tile of found) {
      expect(tile).toMatchObject({ width: found[0]?.width, height: found[0]?.height });
      expect(tile.x + tile.width).toBeLessThanOrEqual(canvas.width);
      expect(tile.y + tile.height).toBeLessThanOrEqual(canvas.height);
    }
  });
});

describe('pointInTile', () => {
  const two = tilesOf(tiles(2), { width: 202, height: 100 }, { width: 100, height: 100 });
  it.each([
    [{ x: 10, y: 20 }, 0, { x: 10, y: 20 }],
    [{ x: 112, y: 20 }, 1, { x: 10, y: 20 }],
    [{ x: 100.2, y: 5 }, 0, { x: 100.2, y: 5 }],
    [{ x: 500, y: 5 }, 1, { x: 398, y: 5 }],
  ])('%o lies in tile %d', (point, tile, at) => expect(pointInTile(two, point)).toEqual({ tile, at }));
});

describe('arrangedPanes', () => {
  const whole = [{ x: 0, y: 0, width: 100, height: 50 }];
  const panes = (layout: Layout, pointer: { x: number; y: number } | null = null, hide = false) =>
    arrangedPanes(layout, whole, look, pointer, hide);

  it('swipes between two sides that lie in one area', () => {
    const [left, right] = panes({ kind: 'swipe', left: 1, right: 3, at: 0.25 });
    expect(left).toMatchObject({ mask: 'side-1', area: whole[0], clip: { x: 0, width: 25 } });
    expect(right).toMatchObject({ mask: 'side-3', area: whole[0], clip: { x: 25, width: 75 } });
  });

  it('shows a lens only under the pointer', () => {
    const layout: Layout = { kind: 'lens', under: 0, inside: 1, radius: 10 };
    expect(panes(layout)).toHaveLength(1);
    expect(panes(layout, { x: 30, y: 20 })[1]).toMatchObject({
      mask: 'side-1',
      clip: { x: 18, y: 8, width: 24, height: 24 },
      disc: { center: { x: 30, y: 20 }, radius: 10 },
    });
  });

  it('draws differences strongly, whatever the opacity of masks', () => {
    const layout: Layout = { kind: 'difference', from: 0, to: 1, paint: 'to', pair: null, ignored: null, stripe: 6 };
    expect(panes(layout)[0]).toMatchObject({ mask: 'side-0', look: { opacity: 0.85 }, second: { mask: 'side-1' } });
  });

  it.each<Layout>([
    { kind: 'single', side: 0 },
    { kind: 'swipe', left: 0, right: 1, at: 0.5 },
    { kind: 'onion', under: 0, over: 1, share: 0.5 },
    { kind: 'lens', under: 0, inside: 1, radius: 10 },
  ])('leaves masks out while they are hidden: %o', (layout) => {
    for (const pane of panes(layout, { x: 1, y: 1 }, true)) expect(pane.mask).toBeNull();
  });
});
