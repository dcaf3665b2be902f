// Opens the studio, waits for the first mask, and leaves a screenshot and the figures of that mask.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ensureElectron } from './electron.mjs';
import { root, say } from './paths.mjs';
import { browserFlags, playwright, sandboxFlags, startServer } from './shells.mjs';
import { debianPackages, ensureChromium, ensureXvfb, hasDisplay, installPackages, remedy } from './system.mjs';
import { run, which } from './process.mjs';

const viewport = { width: 1440, height: 900 };
const firstMaskTimeoutMs = 90_000;
/** Whatever hangs, the smoke run ends. */
const overallTimeoutMs = 180_000;

/** The Chinese interface and its screenshots need letters; asked for only where they can be had without a question. */
async function ensureFonts() {
  if (process.platform !== 'linux' || !which('fc-list')) return;
  const { stdout } = await run('fc-list', [':lang=zh-cn', 'family']);
  if (stdout.trim() === '') await installPackages(debianPackages.fonts, 'Chinese fonts');
}

/** @param {string} executable @param {NodeJS.ProcessEnv} env */
async function openDesktop(executable, env) {
  const started = performance.now();
  const app = await playwright()._electron.launch({ executablePath: executable, args: [...sandboxFlags, root], env });
  const page = await app.firstWindow();
  return { page, started, close: () => app.close() };
}

/** @param {NodeJS.ProcessEnv} env */
async function openBrowser(env) {
  const executablePath = await ensureChromium();
  if (!executablePath) throw new Error(`no Chromium for the screenshot; ${remedy(debianPackages.browser)}`);
  const started = performance.now();
  const server = await startServer({ env });
  const browser = await playwright().chromium.launch({ executablePath, args: browserFlags });
  const page = await browser.newPage({ viewport });
  await page.goto(server.url);
  const close = async () => {
    await browser.close();
    await server.stop();
  };
  return { page, started, close };
}

/** @param {Awaited<ReturnType<typeof openBrowser>>} shell */
async function watchFirstMask({ page, started }) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await page.waitForSelector('#root > *', { timeout: firstMaskTimeoutMs });
  const firstWindowMs = performance.now() - started;
  const ready = page.waitForSelector('html[data-state="ready"]', { timeout: firstMaskTimeoutMs });
  await ready.catch(() => {
    throw new Error(['the first mask did not come', ...problems].join('\n'));
  });
  const firstMaskMs = performance.now() - started;
  const firstMask = await page.evaluate(() => JSON.parse(document.documentElement.dataset.firstMask ?? '{}'));
  return { startToFirstWindowMs: Math.round(firstWindowMs), startToFirstMaskMs: Math.round(firstMaskMs), firstMask };
}

/** Runs this script again inside a virtual display. @param {string} folder */
async function againWithDisplay(folder) {
  const xvfb = await ensureXvfb();
  if (!xvfb) return undefined;
  const script = join(root, 'scripts', 'start.mjs');
  const screen = ['-a', '-s', '-screen 0 1600x1000x24'];
  const env = { ...process.env, MASKFORGE_INSIDE_XVFB: '1' };
  const { code } = await run(xvfb, [...screen, process.execPath, script, '--smoke', folder], { show: true, env });
  return code ?? 1;
}

/**
 * @param {string} folder for studio.png and smoke.json
 * @param {{ browser: boolean }} options `browser` leaves Electron out
 * @returns {Promise<number>} exit code
 */
export async function smoke(folder, { browser }) {
  const electron = browser ? { reason: 'a browser was asked for' } : await ensureElectron();
  if ('executable' in electron && !hasDisplay() && !process.env.MASKFORGE_INSIDE_XVFB) {
    const code = await againWithDisplay(folder);
    if (code !== undefined) return code;
    electron.reason = `there is no display; ${remedy(debianPackages.display)}`;
    delete electron.executable;
  }
  if (!electron.executable) say(`opening in a browser instead of Electron: ${electron.reason}`);
  await ensureFonts();
  mkdirSync(folder, { recursive: true });
  // A first run, whatever this user has done in the studio before.
  const data = mkdtempSync(join(tmpdir(), 'maskforge-smoke-'));
  const env = { ...process.env, MASKFORGE_HOME: data };
  let shell;
  const watchdog = setTimeout(() => {
    say('the studio hangs; giving up');
    process.exit(1);
  }, overallTimeoutMs);
  try {
    shell = electron.executable ? await openDesktop(electron.executable, env) : await openBrowser(env);
    const { firstMask, ...measured } = await watchFirstMask(shell);
    await shell.page.screenshot({ path: join(folder, 'studio.png') });
    const agent = await shell.page.evaluate(() => navigator.userAgent);
    const kind = electron.executable ? 'electron' : 'chromium';
    const report = { shell: kind, agent, reason: electron.reason ?? null, ...measured, ...firstMask };
    writeFileSync(join(folder, 'smoke.json'), `${JSON.stringify(report, null, 2)}\n`);
    say(`first mask after ${(measured.startToFirstMaskMs / 1000).toFixed(1)} s; see ${resolve(folder)}`);
    return 0;
  } finally {
    await shell?.close();
    clearTimeout(watchdog);
    rmSync(data, { recursive: true, force: true });
  }
}
