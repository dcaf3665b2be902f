import { expect, it } from 'vitest';
import { tileGrid } from './mask-texture';

it.each([
  ['within the limit', 1280, 720, 8192, 1280, 720, 1, 1],
  ['exactly the limit', 8192, 16, 8192, 8192, 16, 1, 1],
  ['one pixel more', 8193, 16, 8192, 4097, 16, 2, 1],
  ['both ways', 20_000, 15_000, 8192, 6667, 7500, 3, 2],
])('%s', (_name, width, height, limit, tileWidth, tileHeight, columns, rows) => {
  const grid = tileGrid({ width, height }, limit);
  expect(grid).toEqual({ tile: { width: tileWidth, height: tileHeight }, columns, rows });
  expect(grid.tile.width * grid.columns).toBeGreaterThanOrEqual(width);
  expect(grid.tile.width * (grid.columns - 1)).toBeLessThan(width);
});
