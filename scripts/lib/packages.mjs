// Brings node_modules to the state of package-lock.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from './paths.mjs';
import { run, tail, which } from './process.mjs';

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @typedef {{ packages?: Record<string, LockEntry> }} Lock
 */

/**
 * Names what is missing or at another version. An optional package may be absent: npm leaves out those made for
 * other machines.
 * @param {Lock} wanted package-lock.json
 * @param {Lock} found node_modules/.package-lock.json, which npm writes as the last step of an install
 * @returns {string[]} folders such as `node_modules/zod`
 */
export function stalePackages(wanted, found) {
  const installed = found.packages ?? {};
  return Object.entries(wanted.packages ?? {})
    .filter(([folder, entry]) => {
      if (folder === '') return false;
      const present = installed[folder];
      if (present === undefined) return !entry.optional && !entry.devOptional;
      return present.version !== entry.version;
    })
    .map(([folder]) => folder);
}

/** @param {string} file @returns {Lock} */
function readLock(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/** How to call npm: the one that started us, so that its version and settings are the user's. */
function npmCommand() {
  const launcher = process.env.npm_execpath;
  if (launcher?.endsWith('.js')) return [process.execPath, launcher];
  return [which('npm') ?? (process.platform === 'win32' ? 'npm.cmd' : 'npm')];
}

/**
 * Installs from the lock file unless node_modules already agrees with it.
 * Install scripts stay off: Electron's fetches an executable (fetched on demand, see electron.mjs) and
 * onnxruntime-node's fetches CUDA libraries, while its CPU libraries are in the package.
 */
export async function ensurePackages() {
  const wanted = readLock(join(root, 'package-lock.json'));
  const stale = stalePackages(wanted, readLock(join(root, 'node_modules', '.package-lock.json')));
  if (stale.length === 0) return;
  say(`installing packages (${stale.length} of ${Object.keys(wanted.packages ?? {}).length - 1} missing or outdated)`);
  const [command, ...args] = npmCommand();
  const env = { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1', ONNXRUNTIME_NODE_INSTALL: 'skip' };
  // Set when npm runs under `npm test` with CI-only settings; an install needs the development packages in any case.
  delete env.NODE_ENV;
  delete env.npm_config_omit;
  const ci = [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const outcome = await run(command, ci, { cwd: root, env });
  if (outcome.code !== 0) throw new Error(`npm ci failed:\n${tail(outcome)}`);
}
