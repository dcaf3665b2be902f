// The parts of `npm test`. Each answers with a tally, or with why it could not run and how to get what it needs.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { ensureElectron } from './electron.mjs';
import { native } from './native-test.mjs';
import { cacheFolder, root, say } from './paths.mjs';
import { run, tail } from './process.mjs';
import { debianPackages, ensureChromium, ensurePython, ensureXvfb, hasDisplay, remedy } from './system.mjs';
import { junitTally, playwrightTally } from './tally.mjs';
import { tool, vitest } from './test-tool.mjs';

/**
 * @typedef {import('./tally.mjs').Tally} Tally
 * @typedef {Tally | { missing: string }} Result
 */

const bin = (...path) => join(root, 'node_modules', ...path);

/** A check that either holds or not. @param {string[]} args of node @returns {Promise<Result>} */
async function check(args) {
  const { code } = await run(process.execPath, args, { cwd: root, show: true });
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** @param {'electron' | 'chromium'} project @param {NodeJS.ProcessEnv} env @param {string[]} wrapper */
async function endToEnd(project, env, wrapper = []) {
  await ensureBuild();
  const playwright = [bin('@playwright', 'test', 'cli.js'), 'test', '--project', project];
  const [command, ...args] = [...wrapper, process.execPath, ...playwright];
  const read = (text) => playwrightTally(JSON.parse(text));
  const tally = await tool(command, () => args, read, { ...process.env, ...env });
  // A run that found no spec has proven nothing.
  return tally.passed + tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** @returns {Promise<Result>} */
async function electronEndToEnd() {
  const electron = await ensureElectron();
  if (!('executable' in electron)) return { missing: electron.reason };
  const env = { ELECTRON_EXEC_PATH: electron.executable };
  // A display of its own even where there is one: windows of tests must not take the focus of a person at work.
  const xvfb = await ensureXvfb();
  if (xvfb) return endToEnd('electron', env, [xvfb, '-a', '-s', '-screen 0 1600x1000x24']);
  if (hasDisplay()) return endToEnd('electron', env);
  return { missing: `no display and no Xvfb; ${remedy(debianPackages.display)}` };
}

/** @returns {Promise<Result>} */
async function chromiumEndToEnd() {
  const chromium = await ensureChromium();
  if (!chromium)
    return { missing: `no Chromium; ${remedy(debianPackages.browser)}, or name one in MASKFORGE_CHROMIUM` };
  return endToEnd('chromium', { MASKFORGE_CHROMIUM: chromium });
}

/** A Python with the packages of scene-tests.txt, kept in the cache. @returns {Promise<string | { missing: string }>} */
async function pythonEnvironment() {
  const requirements = join(root, 'scripts', 'scene-tests.txt');
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `scene-tests-${key}`);
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(join(folder, 'complete'))) return python;
  const base = await ensurePython(['venv', 'ensurepip']);
  if (!base) return { missing: `no Python 3 with venv; ${remedy(debianPackages.python)}` };
  say('setting up Python for the scene tests');
  rmSync(folder, { recursive: true, force: true });
  const made = await run(base, ['-m', 'venv', folder]);
  if (made.code !== 0) return { missing: `python3 -m venv failed: ${tail(made, 4)}` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r'];
  const installed = await run(python, [...pip, requirements], { timeoutMs: 600_000 });
  if (installed.code !== 0) return { missing: `pip install failed: ${tail(installed, 4)}` };
  const stamped = await run(python, ['-c', `open(${JSON.stringify(join(folder, 'complete'))}, 'w').close()`]);
  return stamped.code === 0 ? python : { missing: `${python} does not start` };
}

/** @returns {Promise<Result>} */
async function scenes() {
  const python = await pythonEnvironment();
  if (typeof python !== 'string') return python;
  const options = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', join(root, 'tools', 'sample-model')];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  return tool(python, (report) => [...options, `--junitxml=${report}`], junitTally, env);
}

/** In the order in which they run: what answers soonest comes first. @type {Record<string, () => Promise<Result>>} */
export const parts = {
  types: () => check([bin('typescript', 'bin', 'tsc'), '-p', root]),
  lint: () => check([bin('oxlint', 'bin', 'oxlint'), '--quiet']),
  layers: () => check([join(root, 'scripts', 'check-layers.mjs')]),
  unit: () => vitest([]),
  native,
  scenes,
  'e2e-chromium': chromiumEndToEnd,
  'e2e-electron': electronEndToEnd,
};
