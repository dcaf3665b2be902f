import { expect, test } from './fixtures';

test.use({ keepsGraphs: false, sharesStudio: true });

test('opens with a sample picture segmented', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const strip = page.getByRole('listbox', { name: 'Pictures' });
  await expect(strip.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  const first = JSON.parse((await page.locator('html').getAttribute('data-first-mask')) ?? '{}') as {
    image: { width: number; height: number };
    histogram: { label: string; pixels: number; share: number }[];
  };
  const pixels = first.histogram.reduce((sum, entry) => sum + entry.pixels, 0);
  expect(pixels).toBe(first.image.width * first.image.height);
  for (const { label } of first.histogram.slice(0, 3)) {
    await expect(page.getByRole('option', { name: new RegExp(`^${label}, `) })).toBeVisible();
  }
  await expect(page.getByRole('contentinfo')).toContainText(`${first.image.width}×${first.image.height}`);
  await expect(page.getByRole('contentinfo')).toContainText('ONNX Runtime');
  expect(studio.problems).toEqual([]);
});

test('walks to the next picture with the arrow key', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const rows = page.getByRole('listbox', { name: 'Pictures' }).getByRole('option');
  await rows.first().click();
  await page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(rows.nth(1).getByRole('img', { name: 'Segmented' })).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test('cannot be led to another page', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  const policy = await page.evaluate(async () => (await fetch(location.href)).headers.get('content-security-policy'));
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe-(inline|eval)/);
  const globals = await page.evaluate(() => ['require', 'process', 'ipcRenderer'].filter((name) => name in window));
  expect(globals).toEqual([]);
});
