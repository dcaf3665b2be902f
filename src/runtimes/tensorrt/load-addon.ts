import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { AppError } from '../../shared/app-error';
import type { NativeAddon } from './addon';
import { ownFolders } from './find-libraries-own';
import type { Environment } from './find-libraries-places';

const FILE = 'maskforge.node';
const BUILD_HINT = 'Build it with `npm run native`, or name it with MASKFORGE_ADDON.';

const loaded = new Map<string, NativeAddon>();

/** Every file that may be the addon, in search order. */
export function addonCandidates(
  env: Environment = process.env,
  folders: readonly string[] = ownFolders(env),
): string[] {
  const named = env['MASKFORGE_ADDON'] ?? '';
  const files = folders.map((folder) => join(folder, FILE));
  return named === '' ? files : [...new Set([resolve(named), ...files])];
}

/** The addon's file; null where there is none. */
export function findAddon(env: Environment = process.env, folders?: readonly string[]): string | null {
  return addonCandidates(env, folders).find((file) => isAddonFile(file)) ?? null;
}

/**
 * The native addon, loaded once. It links to no library of TensorRT's, so loading it is safe everywhere.
 * @throws AppError ADDON_MISSING, ADDON_BROKEN
 */
export function loadAddon(env: Environment = process.env, folders?: readonly string[]): NativeAddon {
  const file = findAddon(env, folders);
  if (file === null) {
    throw new AppError('ADDON_MISSING', 'The native addon (maskforge.node) was not found.', { hint: BUILD_HINT });
  }
  const kept = loaded.get(file);
  if (kept !== undefined) return kept;
  let addon: unknown;
  try {
    addon = createRequire(import.meta.url)(file);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new AppError('ADDON_BROKEN', `The native addon ${file} cannot be loaded: ${words}`, {
      hint: `It may be made for another system. ${BUILD_HINT}`,
      cause: error,
      details: { file },
    });
  }
  if (!isAddon(addon)) {
    throw new AppError('ADDON_BROKEN', `${file} is not Maskforge's addon, or of another version.`, {
      hint: BUILD_HINT,
      details: { file },
    });
  }
  loaded.set(file, addon);
  const { leave } = addon;
  // The work of threads is ended with all else by the main thread.
  if (isMainThread && leave !== undefined) process.once('exit', (code) => leave(code));
  return addon;
}

/** Its interface is a matter of our own build; this tells an older build and a stranger's file apart from it. */
function isAddon(value: unknown): value is NativeAddon {
  if (typeof value !== 'object' || value === null) return false;
  return 'probeCuda' in value && typeof value.probeCuda === 'function' && 'openLibrary' in value;
}

function isAddonFile(file: string): boolean {
  return /\.(node|c?js)$/.test(file) && existsSync(file);
}
