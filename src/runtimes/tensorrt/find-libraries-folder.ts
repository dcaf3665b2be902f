import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RuntimeFamily } from './addon';
import { libraryFault } from './find-libraries-binary';
import type { LibraryName, Product } from './find-libraries-names';
import { familyNames, familyOf, finerVersion, parseLibraryName, productOf } from './find-libraries-names';

/** One family's libraries in one folder. */
export interface FolderLibraries {
  readonly family: RuntimeFamily;
  /** As exact as names tell: `10.6.0`, or only `10`. */
  readonly version: string;
  /** Absolute path. */
  readonly runtime: string;
  /** Empty where there is none, or none that can be loaded: engines run, but are not built. */
  readonly parser: string;
  /** Files with the builder's kernels; RTX has none and needs none. */
  readonly builderResources: readonly string[];
  /** Generations that those serve: `all`, `sm90`, …; `ptx` alone serves none that TensorRT knows by name. */
  readonly builderTargets: readonly string[];
  /** What keeps this from building or running, in whole sentences. */
  readonly problems: readonly string[];
}

export interface FolderScan {
  readonly outcome: 'found' | 'nothing' | 'absent' | 'unreadable';
  readonly libraries: readonly FolderLibraries[];
  /** What was seen and is of no use, in whole sentences. */
  readonly remarks: readonly string[];
}

interface Named {
  readonly file: string;
  readonly name: LibraryName;
}
type RuntimeName = Extract<LibraryName, { product: Product }>;

/** Looks into one folder, not below it. Opens no library: it reads names, links and headers. */
export async function scanFolder(folder: string, platform: string, arch: string): Promise<FolderScan> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { outcome: 'absent', libraries: [], remarks: [] };
    return { outcome: 'unreadable', libraries: [], remarks: [`${folder} cannot be read (${code}).`] };
  }
  const remarks: string[] = [];
  const usable: Named[] = [];
  for (const each of names.sort()) {
    const name = parseLibraryName(each, platform);
    if (name === null) continue;
    const file = join(folder, each);
    const fault = await faultOf(file, platform, arch);
    if (fault === null) usable.push({ file, name });
    else remarks.push(`${file} ${fault}.`);
  }
  const libraries = await familiesOf(folder, usable, names, platform, remarks);
  return { outcome: libraries.length > 0 ? 'found' : 'nothing', libraries, remarks };
}

async function faultOf(file: string, platform: string, arch: string): Promise<string | null> {
  try {
    if (!(await stat(file)).isFile()) return 'is no file';
    return await libraryFault(file, platform, arch);
  } catch (error) {
    const target = await linkTarget(file);
    if (target !== null) return `points to ${target}, which is not there`;
    return `cannot be read (${errorCode(error)})`;
  }
}

async function linkTarget(file: string): Promise<string | null> {
  try {
    return (await lstat(file)).isSymbolicLink() ? await readlink(file) : null;
  } catch {
    return null;
  }
}

async function familiesOf(
  folder: string,
  usable: readonly Named[],
  siblings: readonly string[],
  platform: string,
  remarks: string[],
): Promise<FolderLibraries[]> {
  const best = new Map<RuntimeFamily, { file: string; name: RuntimeName; version: string }>();
  for (const { file, name } of usable) {
    if (name.kind !== 'runtime') continue;
    const version = await exactVersion({ folder, siblings, platform }, file, name, usable);
    const family = familyOf(name.product, version);
    if (family === null) {
      // The name that only linkers use tells nothing that its neighbour does not.
      if (name.version === '' && hasOther(usable, name.product)) continue;
      remarks.push(
        `${file} is ${version === '' ? 'of an unknown version' : `version ${version}`}, which is not supported.`,
      );
      continue;
    }
    const before = best.get(family);
    if (before === undefined || name.rank < before.name.rank) best.set(family, { file, name, version });
  }
  return [...best].map(([family, { file, version }]) => describe(folder, family, file, version, usable, remarks));
}

function hasOther(usable: readonly Named[], product: Product): boolean {
  return usable.some(({ name }) => name.kind === 'runtime' && name.product === product && name.version !== '');
}

function describe(
  folder: string,
  family: RuntimeFamily,
  runtime: string,
  version: string,
  usable: readonly Named[],
  remarks: readonly string[],
): FolderLibraries {
  const problems: string[] = [];
  const parser = parserOf(family, usable);
  const title = familyNames[family];
  if (parser === '') {
    const broken = remarks.find((remark) => remark.includes('onnxparser'));
    problems.push(
      `${title} in ${folder} has no ONNX parser${broken === undefined ? '' : ` that can be used: ${broken.replace(/\.$/, '')}`}. Engines run; none can be built.`,
    );
  }
  const builders = usable.filter(({ name }) => name.kind === 'builder' && agrees(name.version, version));
  const builderTargets = [...new Set(builders.flatMap(({ name }) => (name.kind === 'builder' ? [name.target] : [])))];
  if (productOf(family) === 'tensorrt' && builders.length === 0)
    problems.push(`${title} in ${folder} has no builder resources. Engines run; none can be built.`);
  else if (builderTargets.length > 0 && builderTargets.every((target) => target === 'ptx'))
    problems.push(
      `${title} in ${folder} has builder resources as PTX only; building asks for those of the GPU's own generation.`,
    );
  return {
    family,
    version,
    runtime,
    parser,
    builderResources: builders.map(({ file }) => file),
    builderTargets,
    problems,
  };
}

function parserOf(family: RuntimeFamily, usable: readonly Named[]): string {
  const product = productOf(family);
  const fitting = usable.filter(
    ({ name }) =>
      name.kind === 'parser' &&
      name.product === product &&
      (name.version === '' || familyOf(product, name.version) === family),
  );
  const rank = ({ name }: Named): number => ('rank' in name ? name.rank : 9);
  return fitting.sort((a, b) => rank(a) - rank(b))[0]?.file ?? '';
}

/**
 * The names of the file, of what it links to and of its companions, taken together: `libnvinfer.so.10` →
 * `libnvinfer.so.10.6.0`, a builder resource of 10.6.0 beside it, or the package's own record.
 */
async function exactVersion(
  { folder, siblings, platform }: { folder: string; siblings: readonly string[]; platform: string },
  file: string,
  name: RuntimeName,
  usable: readonly Named[],
): Promise<string> {
  const told = [name.version];
  const real = await realpath(file).catch(() => file);
  const realName = parseLibraryName(basename(real), platform);
  if (realName?.kind === 'runtime') told.push(realName.version);
  if (name.product === 'tensorrt') {
    for (const each of usable) if (each.name.kind === 'builder') told.push(each.name.version);
  }
  told.push(...(await recordedVersions(folder, name.product, siblings)));
  return told.reduce(finerVersion, '');
}

/** Versions in `…-1.7.1.116.dist-info`, which pip writes beside the package's folder (or into it). */
async function recordedVersions(folder: string, product: Product, siblings: readonly string[]): Promise<string[]> {
  const above = await readdir(dirname(folder)).catch((): string[] => []);
  return [...siblings, ...above].flatMap((entry) => {
    const match = /^tensorrt(_rtx)?(?:_cu\d+)?(?:_libs)?-([\d.]+)(?:\.post\d+)?\.dist-info$/.exec(entry);
    return match !== null && (match[1] === '_rtx') === (product === 'rtx') ? [match[2] ?? ''] : [];
  });
}

function agrees(first: string, second: string): boolean {
  return first === '' || second === '' || `${first}.`.startsWith(`${second}.`) || `${second}.`.startsWith(`${first}.`);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
