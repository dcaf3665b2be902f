// Parts of the native half in the cache folder: each is there in full or not at all.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from './paths.mjs';

/** What a run that was killed left behind is removed after this long; until then it may belong to a run in progress. */
const staleAfterMs = 6 * 3600_000;

/** Where all parts lie. */
export function nativeCache() {
  return join(cacheFolder(), 'native');
}

/** @param {string} file @param {string} expected SHA-256 in hexadecimal @returns {Promise<void>} rejects when it differs */
export async function checkSum(file, expected) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found !== expected) throw new Error(`${file} has SHA-256 ${found}, expected ${expected}: not used`);
}

function removeStale() {
  for (const name of readdirSync(nativeCache())) {
    if (!name.startsWith('.part-')) continue;
    const path = join(nativeCache(), name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > staleAfterMs) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * A part of the cache, made unless it is there. It is made beside its place and renamed at the end, so that a run that
 * was killed leaves nothing that looks complete, and two runs at once do not disturb each other.
 * @param {string} name
 * @param {unknown} contents what it is made from; a change gives it another folder
 * @param {string[]} proof files that must be there, relative to the part's folder; without one it is made again
 * @param {(scratch: string, place: string) => Promise<void>} make fills an empty folder, told where it will lie
 * @returns {Promise<string>} its folder
 */
export async function ensurePart(name, contents, proof, make) {
  const key = createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 12);
  const folder = join(nativeCache(), `${name}-${key}`);
  const lacks = (base) => proof.filter((file) => !existsSync(join(base, file)));
  if (existsSync(folder) && lacks(folder).length === 0) return folder;
  mkdirSync(nativeCache(), { recursive: true });
  removeStale();
  const scratch = mkdtempSync(join(nativeCache(), '.part-'));
  try {
    const made = join(scratch, 'made');
    mkdirSync(made);
    await make(made, folder);
    const missing = lacks(made);
    if (missing.length > 0) throw new Error(`${name}: the packages do not hold ${missing.join(', ')}`);
    place(made, folder, () => existsSync(folder) && lacks(folder).length === 0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

/** @param {string} made @param {string} folder @param {() => boolean} isComplete whether another run was faster */
function place(made, folder, isComplete) {
  if (isComplete()) return;
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!isComplete()) throw error;
  }
}
