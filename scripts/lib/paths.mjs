// Where the set-up keeps things: everything large lives in the user's cache folder, shared by all checkouts.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The cache folder: MASKFORGE_CACHE, else the platform's own place. */
export function cacheFolder(env = process.env, platform = process.platform) {
  if (env.MASKFORGE_CACHE) return resolve(env.MASKFORGE_CACHE);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'maskforge');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'maskforge', 'Cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'maskforge');
  return join(homedir(), '.cache', 'maskforge');
}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`maskforge: ${message}\n`);
}
