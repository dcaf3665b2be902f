/**
 * The studio in a browser on a machine with a graphics card and TensorRT: screenshots of its modes with a live engine,
 * what the window costs there, and whether the card draws each pixel as the tests want it. Goes on after whatever fails.
 *
 *   node out/bench/gpu/window.cjs --out FOLDER [--maskforge FOLDER] [--chromium FILE] [--precision fp16] [--seconds 15]
 *                                 [--limit 400] [--only segment,video] [--way EGL]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { commands as english } from '../../src/renderer/src/i18n/en/commands';
import { commands as chinese } from '../../src/renderer/src/i18n/zh-cn/commands';
import { measureOverhead, writeOneMegapixel } from '../mask-overhead';
import { machine, runToEnd } from '../record';
import { median } from '../statistics';
import { measureScrubs, playFor, rounded, threadShare, told } from '../video-figures';
import { showSampleVideo } from '../video-window';
import {
  dropFiles,
  graphicsFeatures,
  isDrawnByProcessor,
  openBrowser,
  openWindow,
  startStudio,
  type Graphics,
  type Look,
} from './browser';
import { testPixels } from './pixels';

const MASKS = 30;
const REST_MS = 60;
const CHART_TURNS = 3;
const STEP_MS = 120_000;

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: '.cache/gpu-window' },
    maskforge: { type: 'string', default: '.' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    precision: { type: 'string', default: 'fp16' },
    seconds: { type: 'string', default: '15' },
    limit: { type: 'string', default: '400' },
    only: { type: 'string', default: '' },
    way: { type: 'string', default: '' },
  },
});
const out = resolve(options.out);
const seconds = Number(options.seconds);
const started = Date.now();
const work = mkdtempSync(join(tmpdir(), 'gpu-window-'));
const report: Record<string, unknown> = { benchmark: 'gpu-window', date: new Date().toISOString() };
const errors: Record<string, string> = {};

interface Step {
  readonly name: string;
  readonly look: Look;
  run(page: Page): Promise<unknown>;
}

const dark: Look = { scheme: 'dark', locale: 'en-US' };
const light: Look = { scheme: 'light', locale: 'en-US' };

/** Each leaves a screenshot of its name. */
const steps: readonly Step[] = [
  { name: 'segment', look: dark, run: segment },
  { name: 'video', look: dark, run: video },
  { name: 'compare', look: dark, run: (page) => compare(page) },
  { name: 'engines', look: light, run: (page) => engines(page) },
  { name: 'segment-zh', look: { scheme: 'light', locale: 'zh-CN' }, run: segmentInChinese },
  { name: 'wizard', look: dark, run: wizard },
  { name: 'difference', look: light, run: difference },
  { name: 'runtimes', look: dark, run: runtimes },
];

/** Runs a command of the palette by its title. */
async function command(page: Page, title: string): Promise<void> {
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(title);
  await page.keyboard.press('Enter');
}

/** Opens the newest engine of the precision in Segment mode. */
async function openEngine(page: Page, title: string = english.engines): Promise<void> {
  await command(page, title);
  const precision = page.getByRole('cell', { name: options.precision.toUpperCase(), exact: true });
  await page.getByRole('row').filter({ has: precision }).first().dblclick();
  await page.getByRole('button', { name: new RegExp(`^(Model|模型).*\\b${options.precision}\\b`, 'i') }).waitFor();
  await page.waitForSelector('html[data-state="ready"]');
  await page.waitForTimeout(1000);
  await page.getByRole('main').focus();
}

async function segment(page: Page): Promise<unknown> {
  await openEngine(page);
  const engine = await page.getByTestId('engine').innerText();
  await page.keyboard.press('t');
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('r');
    await page.waitForTimeout(REST_MS);
  }
  await page.waitForTimeout(2500);
  const found = { engine, latency: await latency(page) };
  await shoot(page, 'segment');
  const picture = join(work, 'one-megapixel.jpg');
  await writeOneMegapixel(picture);
  await dropFiles(page, [picture]);
  const item = page.getByRole('option', { name: 'one-megapixel.jpg' });
  await item.getByRole('img', { name: 'Segmented' }).waitFor();
  await page.getByRole('main').focus();
  const overhead = await measureOverhead(page, MASKS, REST_MS);
  return {
    ...found,
    overhead: {
      how: 'Megapixel picture: from the call to the texture less the session, first 3 masks apart.',
      n: overhead.length,
      lowestMs: rounded(Math.min(...overhead), 2),
      medianMs: rounded(median(overhead), 2),
      highestMs: rounded(Math.max(...overhead), 2),
    },
  };
}

/** What the panel says; stages are medians. */
async function latency(page: Page): Promise<unknown> {
  const panel = page.locator('[data-region="latency"]');
  const text = async (name: string): Promise<string> => (await panel.getByTestId(name).allInnerTexts()).join(' ');
  return {
    p50: await text('latency-p50'),
    p95: await text('latency-p95'),
    p99: await text('latency-p99'),
    framesPerSecond: await text('latency-fps'),
    dropped: await text('latency-dropped'),
    gpu: await text('latency-gpu'),
    stages: await panel.locator('ul > li').allInnerTexts(),
  };
}

async function segmentInChinese(page: Page): Promise<unknown> {
  await openEngine(page, chinese.engines);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('t');
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press('r');
    await page.waitForTimeout(REST_MS);
  }
  await page.waitForTimeout(2500);
  return page.getByTestId('engine').innerText();
}

async function compare(page: Page): Promise<unknown> {
  await page.keyboard.press('Alt+3');
  const table = page.getByRole('table', { name: 'Agreement' });
  await table.waitFor();
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('table tbody tr')].map((row) => row.textContent ?? '');
    return cells.length > 1 && cells.filter((text) => /\d %/.test(text)).length >= 1;
  });
  await page.waitForTimeout(2500);
  return { tables: await page.getByRole('table').allInnerTexts() };
}

/** As far as the choice of precision, where stands what is known of this card. */
async function wizard(page: Page): Promise<unknown> {
  await page.getByRole('button', { name: 'Build', exact: true }).click();
  const view = page.getByRole('region', { name: 'Build an engine' });
  const next = view.getByRole('button', { name: 'Next' });
  for (let step = 0; step < 3; step++) await next.click();
  const int8 = view.getByRole('radio', { name: /^INT8/ });
  await int8.check();
  await page.waitForTimeout(2500);
  return (await view.innerText()).split('\n').filter((line) => line.trim() !== '');
}

async function difference(page: Page): Promise<unknown> {
  await compare(page);
  await page.getByRole('main').focus();
  await page.keyboard.press('d');
  await page.waitForTimeout(2000);
  return page.getByRole('main').getByRole('status').allInnerTexts();
}

async function video(page: Page): Promise<unknown> {
  await openEngine(page);
  await showSampleVideo(page);
  const scrubs = await measureScrubs(page);
  await page.getByRole('main').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('l');
  await page.keyboard.press('t');
  const paired = await playFor(page, false, seconds);
  const found: Record<string, unknown> = {
    playing: { chartsOpen: true, ...told(paired), latency: await latency(page), card: cardNow() },
    scrub: { n: scrubs.length, medianMs: rounded(median(scrubs)), highestMs: rounded(Math.max(...scrubs)) },
  };
  report['video'] = found;
  await shoot(page, 'video');
  const [withCharts, without]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < CHART_TURNS; turn++)
    for (const shares of [withCharts, without]) {
      await page.waitForTimeout(1000);
      shares.push(await threadShare(page, 3000));
      await page.keyboard.press('t');
    }
  found['charts'] = {
    how: "processor time of the page's main thread, share of a core, in turns",
    shareWith: withCharts.map((share) => rounded(share, 3)),
    shareWithout: without.map((share) => rounded(share, 3)),
    cost: rounded(median(withCharts) - median(without), 3),
  };
  await page.getByRole('combobox', { name: 'Speed' }).click();
  await page.getByRole('option', { name: '4×' }).click();
  await page.getByRole('main').focus();
  found['fourTimesAsFast'] = told(await page.evaluate(() => undefined).then(() => playOn(page)));
  return found;
}

/** For a few seconds of what is playing: pressed twice, since the first press is what ends it. */
async function playOn(page: Page): ReturnType<typeof playFor> {
  await page.keyboard.press('Space');
  return playFor(page, false, 6);
}

/** What the driver says while the video plays, beside what the panel says. */
function cardNow(): string {
  const query = 'name,driver_version,utilization.gpu,clocks.sm,temperature.gpu,memory.used,power.draw';
  const { stdout } = spawnSync('nvidia-smi', [`--query-gpu=${query}`, '--format=csv,noheader'], { encoding: 'utf8' });
  return stdout === null ? 'no nvidia-smi' : stdout.trim();
}

async function engines(page: Page): Promise<unknown> {
  await command(page, english.engines);
  const rows = page.getByRole('row');
  await rows.nth(1).click();
  await page.waitForTimeout(1500);
  return rows.allInnerTexts();
}

async function runtimes(page: Page): Promise<unknown> {
  await openEngine(page);
  await command(page, english.runtimes);
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/Places looked at/).waitFor();
  await page.waitForTimeout(1500);
  return (await dialog.innerText()).split('\n').slice(0, 60);
}

const shot = new Set<string>();

/** Once for each name: a step that goes on measuring has taken its own before. */
async function shoot(page: Page, name: string): Promise<void> {
  if (shot.has(name)) return;
  shot.add(name);
  await page.mouse.move(700, 12);
  await page.screenshot({ path: join(out, `${name}.png`), timeout: 20_000 });
}

function save(): void {
  report['errors'] = errors;
  report['tookSeconds'] = Math.round((Date.now() - started) / 1000);
  writeFileSync(join(out, 'window.json'), `${JSON.stringify(report, null, 1)}\n`);
}

function say(text: string): void {
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
}

/** Not longer than a step may take, nor than is left. */
async function within<T>(work_: Promise<T>): Promise<T> {
  const left = Math.min(STEP_MS, started + Number(options.limit) * 1000 - Date.now());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not done after ${Math.round(left / 1000)} s`)), Math.max(0, left));
  });
  return Promise.race([work_, late]).finally(() => clearTimeout(timer));
}

async function attempt(name: string, what: () => Promise<unknown>): Promise<void> {
  try {
    report[name] = await within(what());
    say(`${name}: done`);
  } catch (error) {
    errors[name] = String(error instanceof Error ? error.stack : error).slice(0, 1500);
    say(`${name}: ${errors[name].split('\n')[0]}`);
  }
  save();
}

async function take({ name, look, run }: Step, browser: Browser, url: string): Promise<void> {
  let page: Page | undefined;
  const problems: string[] = [];
  await attempt(name, async () => {
    page = await openWindow(browser, url, look);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    const found = await run(page);
    await shoot(page, name);
    if (await isDrawnByProcessor(page)) problems.push('The card lost the canvas; the processor drew it.');
    return found;
  });
  if (problems.length > 0) errors[`${name}, in the page`] = problems.slice(0, 5).join('\n');
  if (page === undefined) return;
  // What was on the screen says more than the error.
  if (errors[name] !== undefined) await within(shoot(page, name)).catch(() => undefined);
  await within(page.context().close()).catch(() => undefined);
}

async function main(): Promise<void> {
  mkdirSync(out, { recursive: true });
  const only = options.only.split(',').filter((name) => name !== '');
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const studio = await startStudio(resolve(options.maskforge));
  const { browser, graphics, tried } = await openBrowser(options.chromium, options.way, studio.url);
  say(`${graphics.way}: ${graphics.renderer}`);
  Object.assign(report, { machine: machine(), card: cardNow(), browser: browser.version(), graphics, tried });
  save();
  await attempt('features', () => graphicsFeatures(browser));
  for (const step of steps) if (wanted(step.name)) await take(step, browser, studio.url);
  if (wanted('pixels')) await attempt('pixels', () => pixels(graphics));
  await within(browser.close()).catch(() => undefined);
  await studio.stop();
  process.stdout.write(readFileSync(join(out, 'window.json'), 'utf8'));
}

function pixels({ args }: Graphics): Promise<unknown> {
  return testPixels({ executablePath: options.chromium, args, reportFile: join(work, 'pixels.json') });
}

runToEnd(main, () => {
  rmSync(work, { recursive: true, force: true });
  // A step that was given up may hold the program.
  process.exit();
});
