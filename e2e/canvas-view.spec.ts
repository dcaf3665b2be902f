import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { expect, test } from './fixtures';

test.use({ sharesStudio: true });

/** Middle of the lower third: road in the first sample. */
async function pointOnRoad(page: Page): Promise<{ x: number; y: number }> {
  const box = await page.getByRole('main').boundingBox();
  if (box === null) throw new Error('the canvas is not on the screen');
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height * 0.7) };
}

async function colorAt(page: Page, point: { x: number; y: number }): Promise<string> {
  const png = await page.screenshot({ clip: { ...point, width: 1, height: 1 } });
  const { data } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return [...data].join();
}

function positionIn(text: string): { x: number; y: number } {
  const [, x, y] = /x (\d+)\s+y (\d+)/.exec(text) ?? [];
  return { x: Number(x), y: Number(y) };
}

test('says which class lies under the pointer', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const point = await pointOnRoad(page);
  await page.mouse.move(point.x, point.y);
  await expect(page.getByRole('contentinfo')).toContainText(/x \d+\s+y \d+\s+·\s+road \(\d+\)/);
  await page.mouse.move(5, 5);
  await expect(page.getByRole('contentinfo')).not.toContainText('road (');
});

test('hides a class from the legend, and the whole mask while a key is held', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const point = await pointOnRoad(page);
  const covered = await colorAt(page, point);
  const road = page.getByRole('option', { name: /^road, / });
  await road.focus();
  await page.keyboard.press(' ');
  await expect(road).toHaveAttribute('aria-selected', 'false');
  await expect.poll(() => colorAt(page, point)).not.toBe(covered);
  const bare = await colorAt(page, point);
  await page.getByRole('button', { name: 'Show all' }).click();
  // A class under the pointer in the legend is lifted out on the canvas.
  await page.mouse.move(5, 5);
  await expect.poll(() => colorAt(page, point)).toBe(covered);
  await page.getByRole('main').focus();
  await page.keyboard.down('\\');
  await expect.poll(() => colorAt(page, point)).toBe(bare);
  await page.keyboard.up('\\');
  await expect.poll(() => colorAt(page, point)).toBe(covered);
  expect(studio.problems).toEqual([]);
});

test('zooms to actual pixels and back, and the wheel keeps what lies under the pointer', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const zoom = page.getByRole('group', { name: 'Zoom' });
  const point = await pointOnRoad(page);
  await page.mouse.move(point.x, point.y);
  const readOut = page.getByRole('contentinfo').getByText(/x \d+/);
  const before = positionIn((await readOut.textContent()) ?? '');
  await page.mouse.wheel(0, -240);
  await expect(zoom.getByRole('button', { name: 'Fit' })).toBeEnabled();
  // The picture's corner lies on a whole screen pixel, half of one is about one of the picture's.
  const after = positionIn((await readOut.textContent()) ?? '');
  expect(Math.abs(after.x - before.x)).toBeLessThanOrEqual(2);
  expect(Math.abs(after.y - before.y)).toBeLessThanOrEqual(2);
  await page.getByRole('main').focus();
  await page.keyboard.press('z');
  await expect(zoom).toContainText('100 %');
  await page.keyboard.press('f');
  await expect(zoom.getByRole('button', { name: 'Fit' })).toBeDisabled();
});

test('shows the original left of a divider that arrow keys move', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const point = await pointOnRoad(page);
  const covered = await colorAt(page, { x: point.x - 40, y: point.y });
  await page.getByRole('main').focus();
  await page.keyboard.press('s');
  await expect.poll(() => colorAt(page, { x: point.x - 40, y: point.y })).not.toBe(covered);
  const divider = page.getByRole('slider', { name: /Divider/ });
  await divider.focus();
  await page.keyboard.press('Home');
  await expect(divider).toHaveAttribute('aria-valuenow', '0');
  await expect.poll(() => colorAt(page, { x: point.x - 40, y: point.y })).toBe(covered);
});
