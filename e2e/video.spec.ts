import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from './fixtures';
import {
  expectFrame,
  numbersOnScreen,
  openStripesModel,
  position,
  showBeside,
  transport,
  videoFile,
} from './video-fixtures';

test.use({ sharesStudio: true });

const samples = resolve(__dirname, '..', 'resources', 'samples', 'pictures');
let folder: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskforge-video-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

test('the mask on the screen belongs to the frame on the screen, however it is played', async ({ studio }) => {
  // Looking at the screen is slow where it is drawn by the processor.
  test.slow();
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(page, 0);
  await showBeside(page);
  const pace = transport(page).getByRole('combobox', { name: 'When the engine is slower' });
  for (const choice of ['Drop frames', 'Every frame']) {
    await pace.click();
    await page.getByRole('option', { name: choice }).click();
    await page.getByRole('main').focus();
    await page.keyboard.press('Space');
    const seen = new Set<number>();
    for (let look = 0; look < 6; look++) {
      const { picture, mask } = await numbersOnScreen(page);
      expect([choice, mask]).toEqual([choice, picture]);
      seen.add(picture);
    }
    expect(seen.size).toBeGreaterThan(2);
    await page.keyboard.press('Space');
    await expect(transport(page).getByRole('button', { name: 'Play', exact: true })).toBeVisible();
    const paused = await position(page);
    expect(await numbersOnScreen(page)).toEqual({ picture: paused.frame, mask: paused.frame });
    expect(paused.most).toBeLessThanOrEqual(3);
    expect(paused.most).toBeGreaterThan(0);
  }
  expect(studio.problems).toEqual([]);
});

test('steps, jumps and scrubs to the very frame', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(page, 0);
  await showBeside(page);
  const look = async (frame: number): Promise<void> => {
    await expectFrame(page, frame);
    await expect.poll(() => numbersOnScreen(page)).toEqual({ picture: frame, mask: frame });
    await expect(page.getByTestId('frame-number')).toHaveText(String(frame));
  };
  await page.keyboard.press('ArrowRight');
  await look(1);
  await page.keyboard.press('End');
  await look(119);
  await page.keyboard.press('ArrowLeft');
  await look(118);
  await page.keyboard.press('j');
  await look(88);
  await page.keyboard.press('Home');
  await look(0);
  const slider = page.getByRole('slider', { name: 'Position' });
  const box = await slider.boundingBox();
  if (box === null) throw new Error('the slider is not on the screen');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 5, y);
  await page.mouse.down();
  for (let part = 1; part <= 10; part++) await page.mouse.move(box.x + (box.width * part) / 20, y);
  await page.mouse.up();
  await look(60);
  await expect(slider).toHaveAttribute('aria-valuenow', '60');
  await slider.press('Shift+ArrowRight');
  await look(90);
  expect(studio.problems).toEqual([]);
});

test('plays what lies between the in and the out point, again and again', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(page, 0);
  const slider = page.getByRole('slider', { name: 'Position' });
  await page.getByRole('main').focus();
  for (const [frame, key] of [
    [10, 'i'],
    [16, 'u'],
  ] as const) {
    await page.keyboard.press('Home');
    await expectFrame(page, 0);
    for (let i = 0; i < frame; i++) await page.keyboard.press('ArrowRight');
    await expectFrame(page, frame);
    await page.keyboard.press(key);
  }
  await transport(page).evaluate((element) => {
    const frames: string[] = [];
    Object.assign(window, { seenFrames: frames });
    new MutationObserver(() => frames.push(element.dataset['frame'] ?? '')).observe(element, {
      attributeFilter: ['data-frame'],
    });
  });
  await page.keyboard.press('Space');
  const frames = (): Promise<number[]> =>
    page.evaluate(() => ((window as { seenFrames?: string[] }).seenFrames ?? []).map(Number));
  await expect
    .poll(async () => (await frames()).filter((frame, i, all) => i > 0 && frame < (all[i - 1] ?? 0)).length)
    .toBeGreaterThan(1);
  const seen = await frames();
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...seen)).toBeLessThanOrEqual(16);
  await page.keyboard.press('Space');
  await slider.press('Home');
  await expectFrame(page, 0);
});

test('leaves out frames that a slow engine has no time for, and counts them, or plays every one', async ({
  studio,
}) => {
  const { page } = studio;
  await studio.ready();
  await page.keyboard.press('Alt+4');
  await page.getByRole('main').getByRole('button', { name: 'Show sample video' }).click();
  await expectFrame(page, 0);
  await page.getByRole('main').focus();
  await page.keyboard.press('Space');
  const dropped = async (): Promise<number> =>
    Number.parseInt((await page.getByTestId('dropped').textContent()) ?? '', 10);
  await expect.poll(dropped, { timeout: 30_000 }).toBeGreaterThan(5);
  await page.keyboard.press('Space');

  await transport(page).getByRole('combobox', { name: 'When the engine is slower' }).click();
  await page.getByRole('option', { name: 'Every frame' }).click();
  await page.getByRole('main').focus();
  await page.keyboard.press('Home');
  await expectFrame(page, 0);
  const before = await dropped();
  await transport(page).evaluate((element) => {
    const pairs: string[] = [];
    Object.assign(window, { seenPairs: pairs });
    const note = (): void => void pairs.push(`${element.dataset['frame']} ${element.dataset['maskFrame']}`);
    new MutationObserver(note).observe(element, { attributeFilter: ['data-frame'] });
  });
  await page.keyboard.press('Space');
  const pairs = (): Promise<string[]> => page.evaluate(() => (window as { seenPairs?: string[] }).seenPairs ?? []);
  await expect.poll(async () => (await pairs()).length, { timeout: 60_000 }).toBeGreaterThan(4);
  await page.keyboard.press('Space');
  const shown = await pairs();
  expect(shown).toEqual(shown.map((_, i) => `${i + 1} ${i + 1}`));
  expect(await dropped()).toBe(before);
  expect((await position(page)).most).toBeLessThanOrEqual(3);
  expect(studio.problems).toEqual([]);
});

test('sends pictures of a mixed drop to the strip and asks for the video', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  const picture = join(folder, 'my street.jpg');
  await copyFile(join(samples, '02-evening.jpg'), picture);
  await studio.drop([videoFile('numbers-vp9.webm'), picture]);
  await expect(page.getByRole('option', { name: 'my street.jpg' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByText('1 video added')).toBeVisible();
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(page.getByRole('navigation', { name: 'Modes' }).getByRole('button', { name: 'Video' })).toHaveAttribute(
    'aria-current',
    'page',
  );
  await expectFrame(page, 0);
  await page.getByRole('option', { name: 'my street.jpg' }).click();
  await expect(transport(page)).toBeHidden();
  await expect(
    page.getByRole('option', { name: 'my street.jpg' }).getByRole('img', { name: 'Segmented' }),
  ).toBeVisible();
  // Back where it was.
  await page.keyboard.press('Alt+4');
  await expect(transport(page)).toBeVisible();
  expect(studio.problems).toEqual([]);
});

test.describe('with the model that ships', () => {
  test.use({ sharesStudio: false });

  test('goes on with another model, and after the engine host has ended', async ({ studio }) => {
    const { page } = studio;
    await studio.ready();
    await studio.drop([videoFile('numbers.mp4')]);
    await expectFrame(page, 0);
    await page.getByRole('main').focus();
    await page.keyboard.press('Space');
    await openStripesModel(studio);
    const legend = page.getByRole('complementary', { name: 'Legend and display' });
    await expect(legend.getByRole('option', { name: /^blue, / }).first()).toBeVisible();
    await expect(transport(page).getByRole('button', { name: 'Pause' })).toBeVisible();

    process.kill(await studio.hostPid(), 'SIGKILL');
    const card = page.getByRole('main').getByText('The engine stopped');
    await expect(card).toBeVisible();
    await expect(page.getByText('The engine is running again')).toBeVisible();
    await page.getByRole('button', { name: 'Play again' }).click();
    const { frame } = await position(page);
    await expect.poll(() => position(page).then((at) => at.frame !== frame && at.frame === at.mask)).toBe(true);
  });
});
