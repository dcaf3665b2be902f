import type { Locator, Page } from '@playwright/test';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { expect, type Studio } from './fixtures';

const fixtures = resolve(__dirname, '..', 'tools', 'fixtures');

export function videoFile(name: string): string {
  return join(fixtures, 'videos', name);
}

/** Green for red stripes, pink for blue ones: colours that the video itself does not have. */
const labels = [
  { id: 0, name: 'red', color: [0, 255, 0] },
  { id: 1, name: 'green', color: [255, 255, 0] },
  { id: 2, name: 'blue', color: [255, 0, 255] },
];

/**
 * Opens a network that says of each pixel whether it is red or blue: it draws the number of a frame into its mask. Its
 * file stays as long as the studio, which opens it again when its page is loaded anew.
 */
export async function openStripesModel(studio: Studio): Promise<void> {
  const folder = join(studio.dataDirectory, 'dropped');
  await mkdir(folder, { recursive: true });
  const model = join(folder, 'stripes.onnx');
  const manifest = join(folder, 'model.json');
  await copyFile(join(fixtures, 'models', 'odd', 'channels.onnx'), model);
  const size = { mode: 'stretch', width: 128, height: 128 };
  const preprocessing = { size, channelOrder: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
  await writeFile(manifest, JSON.stringify({ format: 1, name: 'Stripes', labels, preprocessing }));
  await studio.drop([model, manifest]);
  await expect(studio.page.getByRole('button', { name: 'Model: Stripes' })).toBeVisible();
}

export function transport(page: Page): Locator {
  return page.getByRole('group', { name: 'Playing' });
}

/** Number of the frame that is shown, and of the frame whose mask is over it. */
export async function position(page: Page): Promise<{ frame: number; mask: number | null; most: number }> {
  const data = await transport(page).evaluate((element) => ({ ...element.dataset }));
  const mask = data['maskFrame'] ?? '';
  return { frame: Number(data['frame']), mask: mask === '' ? null : Number(mask), most: Number(data['mostInFlight']) };
}

/** Masks at full opacity beside the bare video, so that one look shows both. */
export async function showBeside(page: Page): Promise<void> {
  await page.getByRole('main').focus();
  for (let i = 0; i < 9; i++) await page.keyboard.press(']');
  await page.keyboard.press('s');
  await page.keyboard.press('f');
}

/** Waits until the frame is shown with its own mask. */
export async function expectFrame(page: Page, frame: number): Promise<void> {
  await expect.poll(() => position(page).then(({ frame: at, mask }) => [at, mask])).toEqual([frame, frame]);
}

/**
 * The numbers that are drawn into the picture (left) and into the mask (right), read from one look at the screen; null
 * where the mask is not drawn.
 */
export async function numbersOnScreen(page: Page): Promise<{ picture: number; mask: number | null }> {
  const shot = await page.locator('main canvas').screenshot();
  const { data, info } = await sharp(shot).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): readonly [number, number, number] => {
    const i = (Math.round(y) * info.width + Math.round(x)) * 3;
    return [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0];
  };
  const middle = info.width / 2;
  // Left of the divider the video is bare: its first and last coloured rows are its edges.
  const isVideo = ([red, green, blue]: readonly [number, number, number]): boolean =>
    green < 90 && Math.abs(red - blue) > 120;
  const rows = [...Array(info.height).keys()].filter((y) => isVideo(at(middle - 24, y)));
  const [top = 0, bottom = 0] = [rows[0], rows[rows.length - 1]];
  if (bottom - top < 64) throw new Error('the video is not on the screen');
  const stripe = (k: number): number => top + ((k + 0.5) * (bottom - top)) / 8;
  const bits = [0, 1, 2, 3, 4, 5, 6, 7];
  const picture = bits.reduce((sum, k) => sum + (isRed(at(middle - 24, stripe(k))) ? 2 ** k : 0), 0);
  const masks = bits.map((k) => at(middle + 24, stripe(k)));
  if (masks.every(isVideo)) return { picture, mask: null };
  return { picture, mask: masks.reduce((sum, color, k) => sum + (isGreen(color) ? 2 ** k : 0), 0) };
}

function isRed([red, , blue]: readonly [number, number, number]): boolean {
  return red > blue;
}

function isGreen([red, green]: readonly [number, number, number]): boolean {
  return green > red;
}
