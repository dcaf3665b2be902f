/**
 * The desktop window: from start to window and to first mask, and what a mask costs beyond the session's own time, for a
 * picture of one megapixel. `xvfb-run -a npm run bench -- window [starts] [masks]` prints JSON.
 *
 * Overhead: from the call in the renderer until the mask is in its texture, less the session's `total`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { _electron } from 'playwright-core';
import { measureOverhead, writeOneMegapixel } from './mask-overhead';
import { median } from './statistics';
import { machine, occasion, record, runToEnd } from './record';

const LIMITS = { windowMs: 2000, firstMaskMs: 4000, overheadMs: 8 };
const TIMEOUT_MS = 60_000;
/** Without a graphics card the last mask is still being drawn finely for a while, on the processor that is measured. */
const REST_MS = 500;
const starts = Number(process.argv[2] ?? 5);
const masks = Number(process.argv[3] ?? 30);
const executablePath = process.env.BENCH_ELECTRON ?? '';
const work = mkdtempSync(join(tmpdir(), 'bench-window-'));

interface Opened {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly windowMs: number;
  readonly firstMaskMs: number;
}

async function open(dataDirectory: string, paths: readonly string[] = []): Promise<Opened> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const start = performance.now();
  const app = await _electron.launch({
    executablePath,
    args: [...sandbox, resolve('.'), ...paths],
    env: { ...(process.env as Record<string, string>), MASKFORGE_HOME: dataDirectory },
  });
  const page = await app.firstWindow();
  await page.waitForSelector('#root > *', { timeout: TIMEOUT_MS });
  const windowMs = performance.now() - start;
  await page.waitForSelector('html[data-state="ready"]', { timeout: TIMEOUT_MS });
  return { app, page, windowMs, firstMaskMs: performance.now() - start };
}

/** The first start of a data folder prepares the graph; later ones find it prepared. Both are told. */
async function measureStarts(): Promise<{ first: Opened; later: Opened[] }> {
  const data = join(work, 'starts');
  const all: Opened[] = [];
  for (let i = 0; i <= starts; i++) {
    const opened = await open(data);
    await opened.app.close();
    all.push(opened);
  }
  const [first, ...later] = all;
  if (first === undefined) throw new Error('There is at least one start.');
  return { first, later };
}

async function measureHere(): Promise<number[]> {
  const picture = join(work, 'one-megapixel.jpg');
  await writeOneMegapixel(picture);
  const { app, page } = await open(join(work, 'overhead'), [picture]);
  await page.waitForTimeout(3000);
  const found = await measureOverhead(page, masks, REST_MS);
  await app.close();
  return found;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

async function main(): Promise<void> {
  const { first, later } = await measureStarts();
  const overhead = await measureHere();
  const report = {
    ...occasion('window'),
    device: { ...machine(), graphics: 'SwiftShader (no graphics card)' },
    how: 'Start: from launching the executable; medians. Overhead: call to texture less the session, first 3 masks apart.',
    firstRun: { windowMs: Math.round(first.windowMs), firstMaskMs: Math.round(first.firstMaskMs) },
    laterRuns: {
      n: later.length,
      windowMs: Math.round(median(later.map(({ windowMs }) => windowMs))),
      firstMaskMs: Math.round(median(later.map(({ firstMaskMs }) => firstMaskMs))),
    },
    overhead: {
      picture: '1152x896',
      n: overhead.length,
      lowestMs: rounded(Math.min(...overhead)),
      medianMs: rounded(median(overhead)),
      highestMs: rounded(Math.max(...overhead)),
    },
    limits: LIMITS,
  };
  record('window', report);
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));
