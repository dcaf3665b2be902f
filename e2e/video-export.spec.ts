import type { Download, Page } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test, type Studio } from './fixtures';
import { expectFrame, numbersOnScreen, openStripesModel, showBeside, videoFile } from './video-fixtures';

test.use({ sharesStudio: true });

let folder: string;

test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maskforge-video-'));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

/** What was exported, in a folder of the test's, whichever way it left the program. */
async function exportAs(studio: Studio, format: string, ending: RegExp): Promise<string[]> {
  const { page } = studio;
  const target = await mkdtemp(join(folder, 'out-'));
  await studio.answerFolderDialogs(target);
  const dialog = await openDialog(page);
  await dialog.getByRole('radio', { name: format }).check();
  if (studio.shell === 'electron') await dialog.getByRole('button', { name: 'Choose…' }).click();
  const downloading = studio.shell === 'chromium' ? page.waitForEvent('download') : null;
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await expect(dialog).toBeHidden();
  if (downloading !== null) await keep(await downloading, target);
  const files = (): string[] =>
    readdirSync(target, { recursive: true })
      .map(String)
      .filter((name) => ending.test(name));
  await expect.poll(() => files().length, { timeout: 60_000 }).toBeGreaterThan(0);
  await expect(page.getByRole('button', { name: /1 job\b(?! f)/ })).toBeHidden();
  return files().map((name) => join(target, name));
}

async function openDialog(page: Page) {
  const dialog = page.getByRole('dialog', { name: 'Export video' });
  // There is something to export a moment after the first mask is shown.
  await expect(async () => {
    await page.getByRole('main').focus();
    await page.keyboard.press('Control+e');
    await expect(dialog).toBeVisible({ timeout: 3000 });
  }).toPass({ timeout: 20_000 });
  return dialog;
}

async function keep(download: Download, target: string): Promise<void> {
  await copyFile(await download.path(), join(target, download.suggestedFilename()));
}

async function openNumbers(studio: Studio): Promise<void> {
  await expect(studio.page.getByRole('button', { name: 'Model: Stripes' })).toBeVisible();
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(studio.page, 0);
}

/** Holds the frames of a video from this time on before they are decoded, so that an export breaks off in its middle. */
async function holdFrames(page: Page, seconds: number): Promise<void> {
  await page.evaluate((from) => {
    const held = new Promise((release) => Object.assign(globalThis, { releaseFrames: release }));
    const holding = new WeakSet<VideoDecoder>();
    const { decode, flush } = VideoDecoder.prototype;
    VideoDecoder.prototype.decode = function (chunk) {
      if (chunk.timestamp < from * 1e6 && !holding.has(this)) return Reflect.apply(decode, this, [chunk]);
      holding.add(this);
      void held.then(() => this.state === 'configured' && Reflect.apply(decode, this, [chunk]));
    };
    VideoDecoder.prototype.flush = async function () {
      if (holding.has(this)) await held;
      if (this.state === 'configured') await Reflect.apply(flush, this, []);
    };
  }, seconds);
}

async function releaseFrames(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as unknown as { releaseFrames(): void }).releaseFrames());
}

/** Files that look finished. */
function readable(of: string): string[] {
  return readdirSync(of).filter((name) => !name.startsWith('.'));
}

function probed(file: string): string | null {
  const args = [
    '-v',
    'error',
    '-count_frames',
    '-select_streams',
    'v',
    '-show_entries',
    'stream=codec_name,width,height,nb_read_frames',
  ];
  try {
    return execFileSync('ffprobe', [...args, '-of', 'csv=p=0', file], { encoding: 'utf8' }).trim();
  } catch (error) {
    // Without ffprobe the studio itself has to read what it wrote, below.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

test('writes a video with masks that other programs and the studio itself can read', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mov')]);
  await expectFrame(page, 0);
  const [file = ''] = await exportAs(studio, 'Mask video', /\.(mp4|webm)$/);
  const found = probed(file);
  if (found !== null) expect(found).toMatch(/^(h264|vp9),320,256,32$/);
  await studio.drop([file]);
  await expectFrame(page, 0);
  await page.getByRole('main').focus();
  await page.keyboard.press('End');
  await expectFrame(page, 31);
  expect(studio.problems).toEqual([]);
});

test('writes what the in and out points leave as a table and as pictures', async ({ studio }) => {
  const { page } = studio;
  await studio.ready();
  await openStripesModel(studio);
  await studio.drop([videoFile('numbers.mp4')]);
  await expectFrame(page, 0);
  await showBeside(page);
  await page.keyboard.press('l');
  await expectFrame(page, 30);
  await page.keyboard.press('i');
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await expectFrame(page, 33);
  await page.keyboard.press('u');
  const dialog = await openDialog(page);
  await expect(dialog.getByText('Frames 30 to 33, 4 in all')).toBeVisible();
  await page.keyboard.press('Escape');
  const [file = ''] = await exportAs(studio, 'CSV', /\.csv$/);
  const rows = (await readFile(file, 'utf8'))
    .trim()
    .split('\r\n')
    .slice(1)
    .map((row) => row.split(','));
  expect([...new Set(rows.map(([frame]) => frame))]).toEqual(['30', '31', '32', '33']);
  // 31 is 00011111: five of eight stripes are red.
  const red = rows.find(([frame, , id]) => frame === '31' && id === '0');
  expect(Number(red?.[5])).toBeCloseTo(5 / 8, 1);
  const pictures = (await exportAs(studio, 'Index PNGs', /\.(png|zip)$/)).map((path) => basename(path)).sort();
  const names = ['000030.png', '000031.png', '000032.png', '000033.png'];
  expect(pictures).toEqual(studio.shell === 'electron' ? names : ['numbers-masks.zip']);
  // What is shown was not disturbed.
  expect(await numbersOnScreen(page)).toEqual({ picture: 33, mask: 33 });
});

test('goes on with an export whose window went, and that was stopped, at the frame where it ended', async ({
  studio,
}) => {
  const { page } = studio;
  const hasFolders = studio.shell === 'electron';
  await studio.ready();
  await openStripesModel(studio);
  await openNumbers(studio);
  await studio.answerFolderDialogs(folder);
  await holdFrames(page, 3);
  let dialog = await openDialog(page);
  await dialog.getByRole('radio', { name: 'Mask video' }).check();
  if (hasFolders) await dialog.getByRole('button', { name: 'Choose…' }).click();
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('button', { name: '1 job' }).click();
  await expect(page.getByText(/\b([7-9]\d|1[01]\d) of 120/)).toBeVisible();

  // The window goes, and with it what was not written yet: all behind the last key frame.
  await page.reload();
  await studio.ready();
  await openNumbers(studio);
  await holdFrames(page, 3);
  await page.keyboard.press('Alt+4');
  dialog = await openDialog(page);
  await dialog.getByRole('radio', { name: 'Mask video' }).check();
  await expect(dialog.getByText('60 of 120 frames are kept')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Start again' })).toBeVisible();
  if (hasFolders) expect(readable(folder)).toEqual([]);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: '1 job' }).click();
  await expect(page.getByText(/\b(6[1-9]|[7-9]\d|1[01]\d) of 120/)).toBeVisible();

  // The user stops it: nothing that was done is lost.
  await page.getByRole('button', { name: 'Cancel job' }).click();
  await releaseFrames(page);
  const notice = page.getByRole('dialog', { name: /numbers.mp4 was stopped/ });
  await expect(notice).toContainText(/(6[1-9]|[7-9]\d|1[01]\d) of 120 frames are kept/);
  const downloading = hasFolders ? null : page.waitForEvent('download');
  await notice.getByRole('button', { name: 'Continue' }).click();
  if (downloading !== null) await keep(await downloading, folder);
  await expect.poll(() => readable(folder)).toHaveLength(1);
  await expect.poll(() => readdirSync(folder)).toEqual([expect.stringMatching(/^numbers\.mask\.(mp4|webm)$/)]);
  const file = join(folder, readdirSync(folder)[0] ?? '');
  const found = probed(file);
  if (found !== null) expect(found).toMatch(/^(h264|vp9),320,256,120$/);

  // Each of its frames is the one that belongs there, on both sides of where it was broken off.
  await studio.drop([file]);
  await expectFrame(page, 0);
  await page.getByRole('main').focus();
  await page.keyboard.press('End');
  await expectFrame(page, 119);
  expect(studio.problems).toEqual([]);
});
