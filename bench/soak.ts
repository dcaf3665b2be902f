/**
 * A video that plays in a loop with its masks and charts: what memory each process of the desktop window holds over the
 * minutes. `xvfb-run -a npm run bench -- soak [minutes]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { machine, occasion, record, runToEnd } from './record';
import { openSampleVideo } from './video-window';

/** Growth from the first full minute's mean to the last one's that counts as flat. */
const LIMIT_MEBIBYTES = 50;
const EVERY_MS = 5_000;
const minutes = Number(process.argv[2] ?? 10);
const work = mkdtempSync(join(tmpdir(), 'bench-soak-'));

interface Reading {
  readonly seconds: number;
  /** Resident MiB by process. */
  readonly resident: Readonly<Record<string, number>>;
  /** MiB of live JavaScript objects in the window, after a collection. */
  readonly heap: number;
  /** Of the video, since the start. */
  readonly framesShown: number;
}

async function main(): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const { app, page } = await openSampleVideo(join(work, 'data'));
  await page.keyboard.press('t');
  await page.getByRole('button', { name: 'Repeat', exact: true }).click();
  await page.getByRole('main').focus();
  await page.evaluate(countFrames);
  await page.keyboard.press('Space');
  const readings = await watch(app, page);
  await app.close();
  const names = Object.keys(readings[0]?.resident ?? {});
  const minute = (index: number): Reading[] => readings.filter(({ seconds }) => Math.floor(seconds / 60) === index);
  // The first minute warms caches up.
  const [early, late] = [minute(1), minute(minutes - 1)];
  const growth = (value: (reading: Reading) => number): number => rounded(mean(late, value) - mean(early, value));
  const byProcess = Object.fromEntries(
    names.map((name) => [name, growth(({ resident }) => resident[name] ?? 0)] as const),
  );
  record('soak', {
    ...occasion('soak'),
    device: { ...machine(), graphics: 'SwiftShader (no graphics card)', loadAtStart: rounded(load) },
    how: 'Sample video, 1280x720, in a loop, every mask with its frame, charts open; means of the second and of the last minute.',
    minutes,
    framesShown: readings.at(-1)?.framesShown ?? 0,
    growthMebibytes: { ...byProcess, windowHeap: growth(({ heap }) => heap) },
    flat: [...Object.values(byProcess), growth(({ heap }) => heap)].every((value) => value < LIMIT_MEBIBYTES),
    limits: { growthMebibytes: LIMIT_MEBIBYTES },
    readings: readings.filter((_, index) => index % Math.max(1, Math.round(30_000 / EVERY_MS)) === 0),
  });
}

async function watch(app: ElectronApplication, page: Page): Promise<Reading[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const readings: Reading[] = [];
  const start = performance.now();
  for (let next = 0; next <= minutes * 60_000; next += EVERY_MS) {
    await page.waitForTimeout(Math.max(0, next - (performance.now() - start)));
    const resident = await app.evaluate(({ app: electron }) => {
      const sizes: Record<string, number> = {};
      for (const { type, name, serviceName, memory } of electron.getAppMetrics()) {
        const known = name ?? serviceName ?? type;
        sizes[known] = (sizes[known] ?? 0) + memory.workingSetSize / 1024;
      }
      return sizes;
    });
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const heap = (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0) / 2 ** 20;
    const framesShown = await page.evaluate(() => Number(document.documentElement.dataset['framesShown'] ?? 0));
    const seconds = (performance.now() - start) / 1000;
    readings.push({ seconds: rounded(seconds), resident: mapped(resident), heap: rounded(heap), framesShown });
    process.stderr.write(`${seconds.toFixed(0)} s  ${JSON.stringify(mapped(resident))}  ${framesShown} frames\n`);
  }
  return readings;
}

/** Runs in the page. */
function countFrames(): void {
  let shown = 0;
  const root = document.querySelector<HTMLElement>('[data-region="transport"]');
  const observer = new MutationObserver(() => (document.documentElement.dataset['framesShown'] = String((shown += 1))));
  if (root !== null) observer.observe(root, { attributeFilter: ['data-frame'] });
}

function mapped(sizes: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, rounded(size)]));
}

function mean(readings: readonly Reading[], value: (reading: Reading) => number): number {
  return readings.reduce((sum, reading) => sum + value(reading), 0) / Math.max(1, readings.length);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));
