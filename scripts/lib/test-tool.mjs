// Runs a test tool that leaves a report, and reads it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './process.mjs';
import { vitestTally, withExitCode } from './tally.mjs';

/**
 * @param {string} command
 * @param {(report: string) => string[]} args
 * @param {(text: string) => import('./tally.mjs').Tally} read
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function tool(command, args, read, env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'maskforge-test-'));
  const report = join(folder, 'report');
  try {
    // Colours are for people: a log file is easier to search without.
    const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' };
    const toolEnv = { ...env, ...plain, REPORT_FILE: report };
    const { code } = await run(command, args(report), { cwd: root, show: true, env: toolEnv });
    const found = existsSync(report) ? read(readFileSync(report, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
    return withExitCode(found, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} options @param {NodeJS.ProcessEnv} [env] */
export function vitest(options, env) {
  const cli = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = (report) => ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = (report) => [cli, 'run', ...options, ...reporters(report)];
  return tool(process.execPath, args, (text) => vitestTally(JSON.parse(text)), env);
}
