/** The built studio's server and a Chromium before it, drawing with the graphics card where it can. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { canvas as english } from '../../src/renderer/src/i18n/en/canvas';
import { canvas as chinese } from '../../src/renderer/src/i18n/zh-cn/canvas';

const TIMEOUT_MS = 60_000;
/** For the first mask of a way that is tried; on a processor it takes less than ten. */
const TRIAL_MS = 30_000;
const LOG_LINES = 30;
/** Playwright's own, which a second switch of this name would take away. */
const ownFeatures = 'CDPScreenshotNewSurface';

const egl = ['--use-gl=angle', '--use-angle=gl-egl', '--enable-gpu', '--ignore-gpu-blocklist'];
const vulkan = ['--use-angle=vulkan', '--enable-gpu', '--ignore-gpu-blocklist'];

/** Ways to the graphics card, the likeliest first; the last draws on the processor. */
const ways = [
  { name: 'EGL', args: egl },
  {
    name: 'EGL, page painted by the processor',
    args: [...egl, '--disable-gpu-rasterization', '--disable-gpu-watchdog'],
  },
  { name: 'EGL, in one process', args: [...egl, '--in-process-gpu', '--disable-gpu-watchdog'] },
  { name: 'Vulkan for WebGL', args: vulkan },
  { name: 'Vulkan', args: [...vulkan, `--enable-features=Vulkan,${ownFeatures}`, '--disable-vulkan-surface'] },
  { name: 'processor', args: [] },
] as const;

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

export interface Graphics {
  readonly way: string;
  readonly args: readonly string[];
  /** What WebGL says it draws with. */
  readonly renderer: string;
  /** What Chromium wrote of its graphics while that was found out. */
  readonly log: readonly string[];
}

export interface OpenBrowser {
  readonly browser: Browser;
  readonly graphics: Graphics;
  /** What each way that was tried came to. */
  readonly tried: readonly Graphics[];
}

/**
 * @param only the name of a way, or an empty text for the first that reaches a card
 * @param url of the studio, which must show a mask by that way
 */
export async function openBrowser(executablePath: string, only: string, url: string): Promise<OpenBrowser> {
  const tried: Graphics[] = [];
  for (const { name: way, args } of ways) {
    if (only !== '' && way !== only) continue;
    const log: string[] = [];
    let renderer: string;
    try {
      const browser = await chromium.launch({
        executablePath,
        args: [...sandbox(), ...quiet, '--enable-logging=stderr', ...args],
        logger: { isEnabled: (name) => name === 'browser', log: (_name, _severity, message) => note(log, message) },
        timeout: 40_000,
      });
      renderer = await rendererOf(browser, url).catch(told);
      const graphics = { way, args, renderer, log };
      tried.push(graphics);
      if (way === 'processor' || only !== '' || isCard(renderer)) return { browser, graphics, tried };
      await browser.close();
    } catch (error) {
      tried.push({ way, args, renderer: told(error), log });
    }
  }
  throw new Error(`No way leads to a browser: ${JSON.stringify(tried)}`);
}

/** Keeps the first lines on graphics: later ones repeat them. */
function note(log: string[], message: string | Error): void {
  if (log.length < LOG_LINES && /gpu|gl|vulkan|context|error/i.test(String(message)))
    log.push(String(message).slice(0, 300));
}

const told = (error: unknown): string => `failed: ${String(error).split('\n').slice(0, 12).join(' | ').slice(0, 1500)}`;

function isCard(renderer: string): boolean {
  return !/SwiftShader|llvmpipe|^failed|^none/i.test(renderer);
}

function sandbox(): readonly string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

/** What WebGL draws with. A way that reaches the card and never gets the studio ready, or loses its canvas, is none. */
async function rendererOf(browser: Browser, url: string): Promise<string> {
  const renderer = await webglRenderer(browser);
  if (!isCard(renderer)) return renderer;
  const page = await openWindow(browser, url, { scheme: 'dark', locale: 'en-US' }, TRIAL_MS);
  await page.screenshot({ timeout: TRIAL_MS });
  // A driver that takes the context away does so within seconds of the first drawing.
  await page.waitForTimeout(3000);
  const isLost = (await page.getByText('CANVAS_CONTEXT_LOST').count()) > 0 || (await isDrawnByProcessor(page));
  await page.context().close();
  if (isLost) throw new Error(`${renderer} takes the canvas away`);
  return renderer;
}

/** Whether the studio says that the card does not draw its canvas. */
export async function isDrawnByProcessor(page: Page): Promise<boolean> {
  const said = [english.byProcessor, chinese.byProcessor].map((text) => page.getByRole('button', { name: text }));
  return (await Promise.all(said.map((remark) => remark.count()))).some((count) => count > 0);
}

async function webglRenderer(browser: Browser): Promise<string> {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const ask = page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl?.getExtension('WEBGL_debug_renderer_info');
    return gl === null || info === null || info === undefined
      ? 'none'
      : String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL));
  });
  const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error('WebGL does not answer')), 20_000));
  const renderer = await Promise.race([ask, late]);
  await mustShowRed(page);
  await page.close();
  return renderer;
}

/** A way that reaches the card but shows nothing is none. */
async function mustShowRed(page: Page): Promise<void> {
  await page.setContent('<body style="background: #f00"></body>');
  const shot = await page.screenshot({ timeout: 20_000 });
  const [red, green, blue] = await sharp(shot).removeAlpha().raw().toBuffer();
  if (red !== 255 || green !== 0 || blue !== 0) throw new Error(`red is shown as ${red}, ${green}, ${blue}`);
}

/** What Chromium itself says it does on the card: a line for each feature. */
export async function graphicsFeatures(browser: Browser): Promise<string[]> {
  const page = await browser.newPage();
  await page.goto('chrome://gpu');
  await page.waitForTimeout(2000);
  const text = await page.evaluate(() => {
    const texts: string[] = [];
    const visit = (node: Document | ShadowRoot): void => {
      for (const element of node.querySelectorAll('*')) {
        if (element.localName === 'li') texts.push((element.textContent ?? '').replace(/\s+/g, ' ').trim());
        if (element.shadowRoot !== null) visit(element.shadowRoot);
      }
    };
    visit(document);
    return texts;
  });
  await page.close();
  // Workarounds of single drivers come after what can be done at all.
  return text.filter((line) => /: (Software|Hardware|Enabled|Disabled|Unavailable)/i.test(line) && !/s\): /.test(line));
}

export interface Look {
  readonly scheme: 'dark' | 'light';
  readonly locale: 'en-US' | 'zh-CN';
}

/** A window of its own that knows nothing of the others, with its first mask. */
export async function openWindow(
  browser: Browser,
  url: string,
  { scheme, locale }: Look,
  timeoutMs = TIMEOUT_MS,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: scheme, locale });
  const page = await context.newPage();
  page.setDefaultTimeout(timeoutMs);
  await page.goto(url);
  await page.waitForSelector('html[data-state="ready"]');
  page.setDefaultTimeout(TIMEOUT_MS);
  return page;
}

/** Starts the built studio in `folder` for browsers of this machine. */
export function startStudio(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [join(folder, 'out', 'server', 'server.cjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const stop = (): Promise<void> => {
    child.kill('SIGTERM');
    return ended;
  };
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n')) resolve({ url: text.split('\n')[0] ?? '', stop });
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the studio's server ended with code ${code}`)));
  });
}

/** Drops files on the middle of the window, as a file manager does. */
export async function dropFiles(page: Page, files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 720, y: 450, data });
  }
  await session.detach();
}
