import { readdir } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RuntimeFamily } from './addon';
import type { Environment } from './find-libraries-places';

/** What our own build made for each family. */
export type OwnLibraries = Readonly<
  Record<RuntimeFamily, { readonly backend: string; readonly plugins: readonly string[] }>
>;

/** Names that the native build gives; TensorRT 11 and RTX share an interface, hence their plugins. */
const BACKENDS: Readonly<Record<RuntimeFamily, string>> = {
  'tensorrt-10': 'maskforge_backend_tensorrt10',
  'tensorrt-11': 'maskforge_backend_tensorrt11',
  'tensorrt-rtx': 'maskforge_backend_rtx',
};
const PLUGIN_SUFFIX: Readonly<Record<RuntimeFamily, string>> = {
  'tensorrt-10': '10',
  'tensorrt-11': '11',
  'tensorrt-rtx': '11',
};
/** Plugin libraries are named after what they do and the interface they speak: `libmaskforge_layernorm_10.so`. */
const PLUGIN = /^(?:lib)?maskforge_(?!backend_)[a-z0-9]+_(\d+)\.(?:so|dll)$/;

/** Below the native build's folder, wherever cmake and cmake-js put things. */
const BUILD_FOLDERS = ['', 'lib', 'bin', 'napi', 'Release', 'Release/lib', 'lib/Release', 'layerNorm', 'backend'];

/**
 * Folders that may hold the addon, our backends and our plugins, in search order: the one in MASKFORGE_ADDON, the native
 * build beside the program, the package's own resources.
 */
export function ownFolders(env: Environment = process.env, program: string = fileURLToPath(import.meta.url)): string[] {
  const named = env['MASKFORGE_ADDON'] ?? '';
  const roots: string[] = [];
  if (named !== '') {
    const folder = isFolder(named) ? resolve(named) : dirname(resolve(named));
    roots.push(folder, dirname(folder));
  }
  const root = programRoot(program);
  if (root !== null) roots.push(join(root, 'native', 'build'));
  const resources = 'resourcesPath' in process ? String(process.resourcesPath) : '';
  if (resources !== '') roots.push(join(resources, 'native'));
  return [...new Set(roots.flatMap((folder) => BUILD_FOLDERS.map((name) => join(folder, name))))];
}

export async function findOwnLibraries(options: {
  readonly env: Environment;
  readonly platform: string;
  readonly folders?: readonly string[] | undefined;
}): Promise<OwnLibraries> {
  const files = new Map<string, string>();
  for (const folder of options.folders ?? ownFolders(options.env)) {
    for (const name of await readdir(folder).catch((): string[] => [])) {
      if (!files.has(name)) files.set(name, join(folder, name));
    }
  }
  const fileOf = (name: string): string =>
    files.get(options.platform === 'win32' ? `${name}.dll` : `lib${name}.so`) ?? '';
  const plugins = [...files].flatMap(([name, file]): [string, string][] => {
    const suffix = PLUGIN.exec(name)?.[1];
    return suffix === undefined ? [] : [[file, suffix]];
  });
  const of = (family: RuntimeFamily): OwnLibraries[RuntimeFamily] => ({
    backend: fileOf(BACKENDS[family]),
    plugins: plugins.filter(([, suffix]) => suffix === PLUGIN_SUFFIX[family]).map(([file]) => file),
  });
  return { 'tensorrt-10': of('tensorrt-10'), 'tensorrt-11': of('tensorrt-11'), 'tensorrt-rtx': of('tensorrt-rtx') };
}

/** The folder with `package.json`, from the built program as from the source. */
function programRoot(program: string): string | null {
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
