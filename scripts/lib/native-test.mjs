// The tests of the native half, without a GPU: it compiles for all three families with no warning of ours, its C++ tests
// pass, and TensorRT for RTX, which builds engines on the processor alone, does so through the addon.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { addonFile, buildFolder, ensureNative } from './native-build.mjs';
import { ensureRtx } from './native-fetch.mjs';
import { root } from './paths.mjs';
import { junitTally, sum } from './tally.mjs';
import { tool, vitest } from './test-tool.mjs';

const addonTests = /\.native\.test\.ts$/;

/** The same variables that a user may set: which addon to load, and where TensorRT's libraries lie. */
function environment(rtx) {
  return { ...process.env, MASKFORGE_ADDON: addonFile, MASKFORGE_TENSORRT: rtx };
}

/** @returns {Promise<import('./tally.mjs').Tally | { missing: string }>} */
export async function native() {
  const built = await ensureNative({ quick: true, tests: true, strict: true, show: true });
  if ('missing' in built) return built;
  const env = environment(await ensureRtx());
  const ctest = (report) => ['--test-dir', buildFolder, '--output-on-failure', '--no-tests=error', ...junit(report)];
  const tallies = [await tool('ctest', ctest, junitTally, env)];
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((file) => addonTests.test(file));
  if (files.length > 0) tallies.push(await vitest(['--config', 'vitest.native.config.mts'], env));
  return sum(tallies);
}

const junit = (report) => ['--output-junit', report];
