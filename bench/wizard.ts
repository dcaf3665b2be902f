/**
 * The build wizard in the desktop window on the processor, from the step "Model" to an engine whose masks were compared
 * with the reference, all steps at their defaults but the precision: seconds of waiting, step by step.
 * `xvfb-run -a npm run bench -- wizard [rounds]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { _electron } from 'playwright-core';
import { machine, occasion, record, runToEnd } from './record';
import { median } from './statistics';

const LIMIT_SECONDS = 60;
const TIMEOUT_MS = 300_000;
const rounds = Number(process.argv[2] ?? 3);
const work = mkdtempSync(join(tmpdir(), 'bench-wizard-'));

type Laps = Record<string, number>;

async function walk(page: Page, precision: 'FP32' | 'INT8'): Promise<Laps> {
  const laps: Laps = {};
  let last = performance.now();
  const lap = (name: string): void => {
    const now = performance.now();
    laps[name] = (now - last) / 1000;
    last = now;
  };
  await page.keyboard.press('Alt+2');
  const wizard = page.locator('section[data-own-keys]').first();
  await wizard.waitFor();
  await goOn(wizard);
  lap('model');
  await goOn(wizard);
  lap('fixes');
  await goOn(wizard);
  lap('shapes');
  await wizard.getByRole('radio', { name: new RegExp(`^${precision}`) }).check();
  await goOn(wizard);
  lap('precision');
  if (precision === 'INT8') {
    await goOn(wizard);
    lap('calibration');
  }
  await wizard.getByRole('button', { name: 'Build engine' }).click();
  await wizard.getByRole('button', { name: 'Verify' }).click();
  lap('build');
  await wizard.getByRole('button', { name: /^Compare on the/ }).click();
  await wizard.getByRole('table').first().waitFor();
  lap('verify');
  laps['total'] = Object.values(laps).reduce((sum, seconds) => sum + seconds, 0);
  return laps;
}

/** What a step finds out is waited for, as a user would. */
async function goOn(wizard: Locator): Promise<void> {
  await wizard.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
  await wizard.getByRole('button', { name: 'Next' }).click();
}

/** A new program with an empty engine library. */
async function once(precision: 'FP32' | 'INT8', round: number): Promise<Laps> {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await _electron.launch({
    executablePath: process.env.BENCH_ELECTRON ?? '',
    args: [...sandbox, '--lang=en-US', resolve('.')],
    env: { ...(process.env as Record<string, string>), MASKFORGE_HOME: join(work, `${precision}-${round}`) },
  });
  try {
    const page = await app.firstWindow();
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.waitForSelector('html[data-state="ready"]');
    return await walk(page, precision);
  } finally {
    await app.close();
  }
}

async function main(): Promise<void> {
  const found: Record<'FP32' | 'INT8', Laps[]> = { FP32: [], INT8: [] };
  for (let round = 0; round < rounds; round++)
    for (const precision of ['FP32', 'INT8'] as const) {
      const laps = await once(precision, round);
      process.stderr.write(`${precision}: ${laps['total']?.toFixed(1) ?? '?'} s\n`);
      found[precision].push(laps);
    }
  const seconds = Object.fromEntries(
    Object.entries(found).map(([precision, all]) => [
      precision,
      Object.fromEntries(
        Object.keys(all[0] ?? {}).map((name) => [
          name,
          Math.round(median(all.map((laps) => laps[name] ?? 0)) * 10) / 10,
        ]),
      ),
    ]),
  );
  record('wizard', {
    ...occasion('wizard'),
    device: machine(),
    loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    how: 'Sample model, sample pictures, Electron on a virtual screen; a new program and library for each walk; medians.',
    rounds,
    seconds,
    totals: Object.fromEntries(
      Object.entries(found).map(([precision, all]) => [precision, all.map((laps) => laps['total'])]),
    ),
    limitSeconds: LIMIT_SECONDS,
    isMet: Object.values(seconds).every((laps) => (laps['total'] ?? Infinity) <= LIMIT_SECONDS),
  });
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));
