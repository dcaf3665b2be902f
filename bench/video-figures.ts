/** What video costs the window, measured in its page: the desktop's or a browser's, in English. */
import type { Page } from 'playwright-core';
import { median } from './statistics';

const SCRUBS = 20;

export interface Playing {
  /** Frames of the screen that the window produced, and of the canvas that it drew, each second. */
  readonly animationFrames: number;
  readonly canvasDraws: number;
  /** Frames of the video that were shown with their masks, each second. */
  readonly videoFrames: number;
  readonly maskToTextureMs: readonly number[];
  readonly canvasDrawMs: readonly number[];
}

/** Runs in the page while the video plays. */
async function watch(forMs: number): Promise<Playing> {
  const root = document.querySelector<HTMLElement>('[data-region="transport"]');
  const masks: number[] = [];
  const draws: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) {
      if (name === 'mask-to-texture') masks.push(duration);
      if (name === 'canvas-draw') draws.push(duration);
    }
  });
  observer.observe({ entryTypes: ['measure'] });
  let shown = 0;
  const frames = new MutationObserver(() => (shown += 1));
  if (root !== null) frames.observe(root, { attributeFilter: ['data-frame'] });
  let animationFrames = 0;
  const start = performance.now();
  await new Promise<void>((done) => {
    const next = (): void => {
      animationFrames += 1;
      if (performance.now() - start < forMs) requestAnimationFrame(next);
      else done();
    };
    requestAnimationFrame(next);
  });
  observer.disconnect();
  frames.disconnect();
  const took = (performance.now() - start) / 1000;
  return {
    animationFrames: animationFrames / took,
    canvasDraws: draws.length / took,
    videoFrames: shown / took,
    maskToTextureMs: masks,
    canvasDrawMs: draws,
  };
}

/** From the press on the scrubber until the frame is on the canvas, for places all over the video. */
export async function measureScrubs(page: Page): Promise<number[]> {
  const box = await page.getByRole('slider', { name: 'Position' }).boundingBox();
  if (box === null) throw new Error('the slider is not on the screen');
  const found: number[] = [];
  for (let i = 0; i < SCRUBS; i++) {
    const x = box.x + box.width * (((i * 7) % SCRUBS) / SCRUBS + 0.02);
    await page.evaluate(watchScrub);
    await page.mouse.click(x, box.y + box.height / 2);
    found.push(await page.evaluate(() => (window as { scrubbed?: Promise<number> }).scrubbed ?? Number.NaN));
    await page.waitForTimeout(400);
  }
  return found;
}

/** Runs in the page, before the press. */
function watchScrub(): void {
  const root = document.querySelector<HTMLElement>('[data-region="transport"]');
  // A mask that comes for the frame before sets its number once more.
  const before = root?.dataset['frame'];
  const scrubbed = new Promise<number>((resolve) => {
    let pressed = Number.NaN;
    window.addEventListener('pointerdown', () => (pressed = performance.now()), { capture: true, once: true });
    const observer = new MutationObserver(() => {
      if (Number.isNaN(pressed) || root?.dataset['frame'] === before) return;
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - pressed));
    });
    if (root !== null) observer.observe(root, { attributeFilter: ['data-frame'] });
  });
  Object.assign(window, { scrubbed });
}

/**
 * Processor time of the page's main thread for each second. Not how long its tasks take: where the processor draws, they
 * wait for it.
 */
export async function threadShare(page: Page, forMs: number): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const read = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return value('ThreadTime');
  };
  const before = await read();
  await page.waitForTimeout(forMs);
  const share = ((await read()) - before) / (forMs / 1000);
  await session.detach();
  return share;
}

/** Plays on or from where it is; `hold` has all frames drawn, with or without their masks. */
export async function playFor(page: Page, hold: boolean, seconds: number): Promise<Playing> {
  if (hold) {
    await page.getByRole('button', { name: 'Playing options' }).click();
    await page.getByRole('switch', { name: 'Draw all frames' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('main').focus();
  }
  await page.keyboard.press('Space');
  await page.waitForTimeout(3000);
  const playing = await page.evaluate(watch, seconds * 1000);
  return playing;
}

/** As results state it: counts a second, medians, and the highest. */
export function told({ animationFrames, canvasDraws, videoFrames, maskToTextureMs, canvasDrawMs }: Playing): object {
  return {
    animationFramesPerSecond: rounded(animationFrames),
    canvasDrawsPerSecond: rounded(canvasDraws),
    videoFramesPerSecond: rounded(videoFrames),
    masks: maskToTextureMs.length,
    maskToTextureMs: {
      median: rounded(median([...maskToTextureMs]), 2),
      highest: rounded(Math.max(...maskToTextureMs), 2),
    },
    canvasDrawMs: { median: rounded(median([...canvasDrawMs]), 2), highest: rounded(Math.max(...canvasDrawMs), 2) },
  };
}

export function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
