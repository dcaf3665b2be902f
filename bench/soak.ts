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

/** Growth from the mean of the first minute after the first time round to that of the last minute, which counts as flat. */
const LIMIT_MEBIBYTES = 50;
const EVERY_MS = 5_000;
const minutes = Number(process.argv[2] ?? 10);
const work = mkdtempSync(join(tmpdir(), 'bench-soak-'));

interface Reading {
  readonly seconds: number;
  /** Resident MiB by process. */
  readonly resident: Readonly<Record<string, number>>;
  /** MiB of JavaScript objects in the window, garbage that nobody has collected yet included. */
  readonly heap: number;
  readonly played: Played;
}

/** Since the start. */
interface Played {
  readonly frames: number;
  /** How often the video began again. */
  readonly rounds: number;
}

async function main(): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const { app, page } = await openSampleVideo(join(work, 'data'));
  await page.keyboard.press('t');
  await page.getByRole('main').focus();
  await page.evaluate(countFrames);
  await page.keyboard.press('Space');
  const readings = await watch(app, page);
  await app.close();
  const names = Object.keys(readings[0]?.resident ?? {});
  // Decoded frames are kept for going back: the first time round fills that cache.
  const warm = readings.find(({ played }) => played.rounds > 0)?.seconds ?? Number.NaN;
  const early = readings.filter(({ seconds }) => seconds >= warm && seconds < warm + 60);
  const late = readings.filter(({ seconds }) => seconds >= minutes * 60 - 60);
  if (early.length === 0) throw new Error('The video was not played through once.');
  const growth = (value: (reading: Reading) => number): number => rounded(mean(late, value) - mean(early, value));
  const byProcess = Object.fromEntries(
    names.map((name) => [name, growth(({ resident }) => resident[name] ?? 0)] as const),
  );
  record('soak', {
    ...occasion('soak'),
    device: { ...machine(), graphics: 'SwiftShader (no graphics card)', loadAtStart: rounded(load) },
    how: 'Sample video, 1280x720, in a loop, every mask with its frame, charts open, no collection asked for; means of the minute after the first time round and of the last minute.',
    minutes,
    played: readings.at(-1)?.played,
    warmUpSeconds: warm,
    growthMebibytes: { ...byProcess, windowHeap: growth(({ heap }) => heap) },
    highestMebibytes: Object.fromEntries(
      names.map((name) => [name, Math.max(...readings.map(({ resident }) => resident[name] ?? 0))] as const),
    ),
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
    // Nothing is collected for the occasion: what garbage there is at its worst is part of the question.
    const { metrics } = await session.send('Performance.getMetrics');
    const heap = (metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0) / 2 ** 20;
    const played = await page.evaluate(() => JSON.parse(document.documentElement.dataset['played'] ?? '{}') as Played);
    const seconds = (performance.now() - start) / 1000;
    readings.push({ seconds: rounded(seconds), resident: mapped(resident), heap: rounded(heap), played });
    process.stderr.write(`${seconds.toFixed(0)} s  ${JSON.stringify(mapped(resident))}  ${JSON.stringify(played)}\n`);
  }
  return readings;
}

/** Runs in the page. */
function countFrames(): void {
  const root = document.querySelector<HTMLElement>('[data-region="transport"]');
  const played = { frames: 0, rounds: 0 };
  let last = 0;
  const tell = (): void => void (document.documentElement.dataset['played'] = JSON.stringify(played));
  tell();
  const observer = new MutationObserver(() => {
    const frame = Number(root?.dataset['frame'] ?? 0);
    played.frames += 1;
    if (frame < last) played.rounds += 1;
    last = frame;
    tell();
  });
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
