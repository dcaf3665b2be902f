// The tests of the native half, without a GPU: it compiles for all three families (in CI with no warning of ours), its C++ tests
// pass, and TensorRT for RTX, which builds engines on the processor alone, does so through the addon.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonFile, buildFolder, ensureNative, ensureTurboJpeg } from './native-build.mjs';
import { ensureRtx } from './native-fetch.mjs';
import { root, say } from './paths.mjs';
import { junitTally, sum } from './tally.mjs';
import { tool, vitest } from './test-tool.mjs';

/** Warnings are errors where nobody would read them; elsewhere that would compile a user's whole build again. */
const strict = process.env.CI === 'true' || process.env.CI === '1';

const addonTests = /\.native\.test\.ts$/;

/** The same variables that a user may set: which addon to load, and where TensorRT's libraries lie. */
function environment(rtx) {
  return { ...process.env, MASKFORGE_ADDON: addonFile, MASKFORGE_TENSORRT: rtx };
}

/** That cmake alone does as well: it configures everything, and compiles the core. */
async function plainCmake() {
  const build = mkdtempSync(join(tmpdir(), 'maskforge-cmake-'));
  try {
    await ensureNative({ quick: true, strict, tool: 'cmake', target: 'maskforge_core', build });
    return { passed: 1, failed: 0, skipped: 0 };
  } catch (error) {
    say(`without cmake-js: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(build, { recursive: true, force: true });
  }
}

/** @returns {Promise<import('./tally.mjs').Tally | { missing: string }>} */
export async function native() {
  const built = await ensureNative({ quick: true, tests: true, strict, show: true });
  if ('missing' in built) return built;
  const env = environment(await ensureRtx());
  await ensureTurboJpeg();
  const options = ['--test-dir', buildFolder, '--output-on-failure', '--no-tests=error', '--output-junit'];
  const tallies = [await plainCmake(), await tool('ctest', (report) => [...options, report], junitTally, env)];
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((file) => addonTests.test(file));
  if (files.length > 0) tallies.push(await vitest(['--config', 'vitest.native.config.mts'], env));
  return sum(tallies);
}
