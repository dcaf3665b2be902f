/** What a mask costs beyond the session's own time, measured in the page of a window. */
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';

const TIMEOUT_MS = 60_000;
const WARM_UP_MASKS = 3;

export async function writeOneMegapixel(file: string): Promise<void> {
  const source = resolve('resources/samples/pictures/01-high-street.jpg');
  await sharp(source).resize(1152, 896, { fit: 'fill' }).toFile(file);
}

/** When the mask of the last call was in its texture, and what of the time since the call the session did not take. */
function lastMask(): { textureAt: number; overheadMs: number } | null {
  const call = performance.getEntriesByName('segment-call').at(-1) as PerformanceMeasure | undefined;
  const texture = performance.getEntriesByName('mask-to-texture').at(-1);
  if (call === undefined || texture === undefined || texture.startTime < call.startTime + call.duration) return null;
  const { sessionMs } = call.detail as { sessionMs: number };
  const textureAt = texture.startTime + texture.duration;
  return { textureAt, overheadMs: textureAt - call.startTime - sessionMs };
}

/**
 * Milliseconds from the call in the page until the mask is in its texture, less the session's `total`, for the picture that
 * is shown; the first masks apart.
 */
export async function measureOverhead(page: Page, masks: number, restMs: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < masks + WARM_UP_MASKS; i++) {
    await page.waitForTimeout(restMs);
    await page.evaluate(() => {
      performance.clearMeasures('segment-call');
      performance.clearMeasures('mask-to-texture');
    });
    await page.keyboard.press('r');
    await page.waitForFunction(
      () =>
        performance.getEntriesByName('segment-call').length + performance.getEntriesByName('mask-to-texture').length >
        1,
      undefined,
      { timeout: TIMEOUT_MS },
    );
    const mask = await page.evaluate(lastMask);
    if (mask !== null && i >= WARM_UP_MASKS) found.push(mask.overheadMs);
  }
  return found;
}
