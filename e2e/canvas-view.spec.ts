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

/** RGB around a point, where nothing lies over the canvas. */
async function pixelsAround(page: Page, { x, y }: { x: number; y: number }): Promise<Uint8Array> {
  const png = await page.screenshot({ clip: { x: x - 120, y: y - 60, width: 240, height: 120 } });
  return new Uint8Array(await sharp(png).removeAlpha().raw().toBuffer());
}

/** Share of the values that are not the same but for rounding. */
function differing(actual: Uint8Array, expected: Uint8Array): number {
  return expected.filter((value, i) => Math.abs(value - (actual[i] ?? -99)) > 2).length / expected.length;
}

/** The driver takes the canvas away, and gives it back when it is asked to. */
async function loseContext(page: Page): Promise<() => Promise<void>> {
  const extension = await page.evaluateHandle(async () => {
    const canvas = document.querySelector('main canvas');
    const gl = canvas instanceof HTMLCanvasElement ? canvas.getContext('webgl2') : null;
    const found = gl?.getExtension('WEBGL_lose_context') ?? null;
    const lost = new Promise((resolve) => canvas?.addEventListener('webglcontextlost', resolve, { once: true }));
    found?.loseContext();
    await lost;
    return found;
  });
  return () => extension.evaluate((found) => found?.restoreContext());
}

/** A context that is lost refuses shaders without a word, some time before it says so. */
function refuseShaders(page: Page): Promise<() => Promise<void>> {
  return page
    .evaluateHandle(() => {
      const { prototype } = WebGL2RenderingContext;
      const { getShaderParameter, getShaderInfoLog } = prototype;
      prototype.getShaderParameter = () => null;
      prototype.getShaderInfoLog = () => '';
      return { getShaderParameter, getShaderInfoLog };
    })
    .then((own) => () => own.evaluate((functions) => void Object.assign(WebGL2RenderingContext.prototype, functions)));
}

/** Takes each canvas away as soon as it is back, until one is not drawn by the graphics card; says how often. */
function loseAllContexts(page: Page): Promise<number> {
  return page.evaluate(async () => {
    for (let losses = 0; ; losses++) {
      const canvas = document.querySelector('main canvas');
      const gl = canvas instanceof HTMLCanvasElement ? canvas.getContext('webgl2') : null;
      const extension = gl?.getExtension('WEBGL_lose_context') ?? null;
      if (canvas === null || extension === null || losses > 20) return losses;
      const event = (name: string) => new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
      const lost = event('webglcontextlost');
      extension.loseContext();
      await lost;
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (!canvas.isConnected) continue;
      const restored = event('webglcontextrestored');
      extension.restoreContext();
      await restored;
    }
  });
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

test('outlives the loss of the canvas, and of every other: then the processor draws the same', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const point = await pointOnRoad(page);
  const canvas = page.getByRole('main').locator('canvas');
  const road = page.getByRole('option', { name: /^road, / });
  const remark = page.getByRole('button', { name: 'Canvas on the CPU' });
  // At 1:1 a picture's pixels are the screen's, whoever draws them.
  await page.getByRole('main').focus();
  await page.keyboard.press('z');
  await expect(page.getByRole('group', { name: 'Zoom' })).toContainText('100 %');
  const bare = await withoutMask(page, point);
  const covered = await pixelsAround(page, point);
  expect(differing(bare, covered)).toBeGreaterThan(0.5);

  const giveBack = await loseContext(page);
  const card = page.getByRole('group', { name: 'The graphics driver was reset' });
  await expect(card).toBeVisible();
  await expect(canvas).toBeHidden();
  await expect(road).toBeVisible();
  // It comes back, is lost again before it can be used, and comes back for good.
  const allowShaders = await refuseShaders(page);
  await giveBack();
  const giveBackAgain = await loseContext(page);
  await expect(card).toBeVisible();
  await allowShaders();
  await giveBackAgain();
  await expect(card).toBeHidden();
  await expect(canvas).toBeVisible();
  await expect.poll(async () => differing(await pixelsAround(page, point), covered)).toBe(0);
  await expect(remark).toBeHidden();

  // Three canvases, each lost three times; the first was so twice already.
  expect(await loseAllContexts(page)).toBe(7);
  await expect(remark).toBeVisible();
  await expect(canvas).toBeVisible();
  await expect.poll(async () => differing(await pixelsAround(page, point), covered)).toBeLessThan(0.001);
  expect(differing(await withoutMask(page, point), bare)).toBeLessThan(0.001);

  await remark.click();
  await expect(page.getByText('took the canvas away again and again')).toBeVisible();
  await page.getByRole('button', { name: 'Try the graphics card again' }).click();
  await expect(remark).toBeHidden();
  await expect.poll(async () => differing(await pixelsAround(page, point), covered)).toBe(0);
  expect(studio.problems).toEqual([]);
});

/** The last one here: the page stays without WebGL2 when it is loaded again. */
test('draws where there is no WebGL2 from the start', async ({ studio }) => {
  const { page } = studio;
  await page.addInitScript(() => {
    const getContext = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...more: unknown[]) {
      return kind === 'webgl2' ? null : Reflect.apply(getContext, this, [kind, ...more]);
    } as typeof getContext;
  });
  await page.reload();
  await studio.ready();
  await page.getByRole('button', { name: 'Canvas on the CPU' }).click();
  await expect(page.getByText('offers no WebGL2')).toBeVisible();
  await page.keyboard.press('Escape');
  const point = await pointOnRoad(page);
  const covered = await colorAt(page, point);
  const bare = await withoutMask(page, point);
  expect(bare).not.toEqual(await pixelsAround(page, point));
  // What the mouse finds and moves is what is drawn.
  await page.mouse.move(point.x, point.y);
  await expect(page.getByRole('contentinfo')).toContainText(/x \d+\s+y \d+\s+·\s+road/);
  await page.mouse.wheel(0, -240);
  await expect(page.getByRole('group', { name: 'Zoom' }).getByRole('button', { name: 'Fit' })).toBeEnabled();
  await page.getByRole('main').focus();
  await page.keyboard.press('f');
  await expect.poll(() => colorAt(page, point)).toBe(covered);
  expect(studio.problems).toEqual([]);
});

/** What {@link pixelsAround} gives while the key is held that hides the mask. */
async function withoutMask(page: Page, point: { x: number; y: number }): Promise<Uint8Array> {
  const covered = await pixelsAround(page, point);
  await page.getByRole('main').focus();
  await page.keyboard.down('\\');
  await expect.poll(async () => differing(await pixelsAround(page, point), covered)).toBeGreaterThan(0.5);
  const bare = await pixelsAround(page, point);
  await page.keyboard.up('\\');
  await expect.poll(async () => differing(await pixelsAround(page, point), covered)).toBe(0);
  return bare;
}
