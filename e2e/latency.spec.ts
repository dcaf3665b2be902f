import { expect, test } from './fixtures';
import { expectFrame, openStripesModel, position, videoFile } from './video-fixtures';

test.use({ sharesStudio: true });

test('charts where the time of pictures goes', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await page.getByRole('main').focus();
  await page.keyboard.press('t');
  const panel = page.getByRole('region', { name: 'Latency' });
  await expect(panel).toBeVisible();
  for (let i = 0; i < 5; i++) {
    await page.getByRole('main').focus();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('option', { selected: true }).getByRole('img', { name: 'Segmented' })).toBeVisible();
  }
  await expect(panel.getByTestId('timeline').locator('svg path').first()).toBeVisible();
  // Charts follow less often where drawing them takes long.
  const p50 = async (): Promise<number> =>
    Number.parseFloat((await page.getByTestId('latency-p50').textContent()) ?? '');
  await expect.poll(p50).toBeGreaterThan(1);
  expect(await p50()).toBeLessThan(60_000);
  await page.keyboard.press('t');
  await expect(panel).toBeHidden();
  expect(studio.problems).toEqual([]);
});

test('charts the frames of a video, compares runs and goes back to a frame', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(page, 0);
  await page.getByRole('main').focus();
  await page.keyboard.press('t');
  await page.keyboard.press('Space');
  const panel = page.getByRole('region', { name: 'Latency' });
  const number = async (name: string): Promise<number> =>
    Number.parseFloat((await panel.getByTestId(name).textContent()) ?? '');
  await expect.poll(() => number('latency-p50'), { timeout: 60_000 }).toBeGreaterThan(1);
  await expect.poll(() => number('latency-fps'), { timeout: 30_000 }).toBeGreaterThan(0);
  await page.getByRole('main').focus();
  await page.keyboard.press('Space');
  const [p50, p95, p99] = [await number('latency-p50'), await number('latency-p95'), await number('latency-p99')];
  expect(p50).toBeLessThanOrEqual(p95);
  expect(p95).toBeLessThanOrEqual(p99);
  const chart = panel.getByTestId('timeline');
  await expect(chart.locator('svg path').first()).toBeVisible();

  await panel.getByRole('button', { name: 'Pin this run to compare' }).click();
  await expect(panel.getByText(/^pinned: /)).toBeVisible();

  // The chart is drawn anew for the pinned run, at a size that it is told a moment later.
  const pointAtStart = async (): Promise<{ x: number; y: number }> => {
    const box = await chart.locator('svg').first().boundingBox();
    if (box === null) throw new Error('the chart is not on the screen');
    const place = { x: box.x + 52, y: box.y + box.height / 2 };
    await page.mouse.move(place.x, place.y + 3);
    await page.mouse.move(place.x, place.y);
    return place;
  };
  const details = panel.getByText(/^Frame \d+/);
  await expect(async () => {
    await pointAtStart();
    await expect(details).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  const said = /Frame (\d+)/.exec((await details.textContent()) ?? '');
  const { x, y } = await pointAtStart();
  await page.mouse.click(x, y);
  await expectFrame(page, Number(said?.[1]));
  expect((await position(page)).frame).toBe(Number(said?.[1]));

  await panel.getByRole('button', { name: 'Histogram' }).click();
  await expect(panel.getByTestId('histogram').locator('svg path').first()).toBeVisible();
  const download = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('menuitem', { name: 'Save as CSV' }).click();
  if (studio.shell === 'chromium') expect((await download).suggestedFilename()).toBe('latency.csv');
  else download.catch(() => undefined);
  expect(studio.problems).toEqual([]);
});
