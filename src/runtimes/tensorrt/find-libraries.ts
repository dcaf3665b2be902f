import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { RuntimeFamily } from './addon';
import { readChoice } from './find-libraries-choice';
import type { FolderLibraries } from './find-libraries-folder';
import { scanFolder } from './find-libraries-folder';
import { familyNames } from './find-libraries-names';
import type { OwnLibraries } from './find-libraries-own';
import { findOwnLibraries } from './find-libraries-own';
import type { Candidate, Environment, PlaceKind, RunProgram } from './find-libraries-places';
import { candidates, runProgram } from './find-libraries-places';

export interface FindOptions {
  /** The studio's data folder; what `runtimes install` put there is searched. */
  readonly dataDirectory: string;
  /** Folder to search first; the one that the user chose when absent. */
  readonly setting?: string | undefined;
  /** Family to take before all others where it is found; the one that the user chose when absent. */
  readonly family?: RuntimeFamily | null | undefined;
  /** Such as 90, where a device is known: families that do not serve it come last and say so. */
  readonly computeCapability?: number | undefined;
  readonly env?: Environment | undefined;
  readonly platform?: string | undefined;
  readonly arch?: string | undefined;
  /** Put before the system's own folders, for tests. */
  readonly root?: string | undefined;
  readonly run?: RunProgram | undefined;
  /** Folders that may hold our own backends and plugins; those beside the addon where absent. */
  readonly ownFolders?: readonly string[] | undefined;
}

/** One place that was looked at, and what was there. */
export interface SearchedPlace {
  readonly kind: PlaceKind;
  /** What named it: `settings`, `MASKFORGE_TENSORRT`, `pip (python3)`, `ldconfig`, … */
  readonly source: string;
  /** As it was named; empty where nothing was named. */
  readonly path: string;
  readonly outcome: 'found' | 'nothing' | 'absent' | 'unreadable' | 'not-named';
  /** Whole sentences: what was found, what is broken. */
  readonly findings: readonly string[];
}

/** A family's libraries as they were found; nothing has been opened yet. */
export interface FoundFamily extends FolderLibraries {
  readonly kind: PlaceKind;
  readonly source: string;
  readonly directory: string;
  /** Our backend library for this family; empty where it was not built. */
  readonly backend: string;
  /** Our plugin libraries for this family. */
  readonly plugins: readonly string[];
  /** Has our backend: can be opened, and engines can run. */
  readonly usable: boolean;
  /** Usable, with parser and builder resources. */
  readonly canBuild: boolean;
  /** False where the device's generation is not served; true while no device is known. */
  readonly servesDevice: boolean;
}

export interface TensorRtSearch {
  /** In search order. */
  readonly places: readonly SearchedPlace[];
  /** In search order; the same folder is listed once. */
  readonly families: readonly FoundFamily[];
  /** Those that can be opened, the best first; whether they are whole is told by `firstWorking` (probe-process.ts). */
  readonly ranked: readonly FoundFamily[];
  /** The first of those; null where none is usable. */
  readonly chosen: FoundFamily | null;
  /** Why nothing was chosen, in whole sentences; empty where something was. */
  readonly reason: string;
}

/**
 * Looks for TensorRT's libraries: the setting, the environment, the studio's own folder, pip's packages, the loader's
 * path, the usual folders. Reads names and headers only; nothing is loaded.
 */
export async function findTensorRt(options: FindOptions): Promise<TensorRtSearch> {
  const { env = process.env, platform = process.platform, arch = process.arch, dataDirectory } = options;
  const choice = await readChoice(dataDirectory);
  const listed = await candidates({
    setting: options.setting ?? choice.directory,
    env,
    platform,
    arch,
    dataDirectory,
    root: options.root ?? '',
    run: options.run ?? runProgram,
  });
  const own = await findOwnLibraries({ env, platform, folders: options.ownFolders });
  const seen = new Map<string, string>();
  const places: SearchedPlace[] = [];
  const families: FoundFamily[] = [];
  for (const candidate of listed) {
    const { place, found } = await look(candidate, { platform, arch, seen });
    places.push(place);
    families.push(...found.map((libraries) => complete(candidate, libraries, own, options.computeCapability)));
  }
  const family = options.family === undefined ? choice.family : options.family;
  const ranked = rank(families, family, options.computeCapability === undefined);
  const chosen = ranked[0] ?? null;
  return { places, families, ranked, chosen, reason: chosen === null ? reasonOf(families) : '' };
}

/**
 * Whether a family (of a version) has kernels for a GPU generation, such as 86 for 8.6.
 * RTX: 8.0, 8.6, 8.9 and 12.x. TensorRT 10: from 7.5 on, Blackwell (10.x, 12.x) from 10.8 on.
 */
export function serves(family: RuntimeFamily, version: string, computeCapability: number): boolean {
  if (family === 'tensorrt-rtx')
    return [80, 86, 89].includes(computeCapability) || isBetween(computeCapability, 120, 129);
  if (family === 'tensorrt-11') return computeCapability >= 75;
  const minor = Number(version.split('.')[1] ?? '99');
  return computeCapability >= 75 && (computeCapability <= 90 || minor >= 8);
}

async function look(
  candidate: Candidate,
  { platform, arch, seen }: { platform: string; arch: string; seen: Map<string, string> },
): Promise<{ place: SearchedPlace; found: FolderLibraries[] }> {
  const { kind, source, path, folders } = candidate;
  const findings = path === '' && candidate.silence !== undefined ? [candidate.silence] : [];
  const found: FolderLibraries[] = [];
  const outcomes = new Set<SearchedPlace['outcome']>();
  const closed: string[] = [];
  for (const folder of folders) {
    // Of a folder that cannot be read, those in it are no news.
    if (closed.some((above) => folder.startsWith(join(above, sep)))) continue;
    const real = await realpath(folder).catch(() => folder);
    const before = seen.get(real);
    if (before !== undefined) {
      outcomes.add(before === '' ? 'nothing' : 'found');
      if (before !== '') findings.push(`${folder} was listed above (${before}).`);
      continue;
    }
    const scan = await scanFolder(folder, platform, arch);
    outcomes.add(scan.outcome);
    if (scan.outcome === 'unreadable') closed.push(folder);
    // A folder with nothing in it is not worth a word the second time either.
    if (scan.outcome !== 'absent') seen.set(real, scan.libraries.length > 0 ? source : '');
    for (const each of scan.libraries) {
      found.push(each);
      findings.push(`${familyNames[each.family]}, version ${each.version}: ${each.runtime}`, ...each.problems);
    }
    findings.push(...scan.remarks);
  }
  const order = ['found', 'unreadable', 'nothing', 'absent'] as const;
  const outcome =
    path === '' && candidate.silence === undefined
      ? 'not-named'
      : (order.find((each) => outcomes.has(each)) ?? (folders.length > 0 ? 'absent' : 'nothing'));
  return { place: { kind, source, path, outcome, findings }, found };
}

function complete(
  { kind, source }: Candidate,
  libraries: FolderLibraries,
  own: OwnLibraries,
  computeCapability: number | undefined,
): FoundFamily {
  const { backend, plugins } = own[libraries.family];
  const problems = [...libraries.problems];
  const name = familyNames[libraries.family];
  const servesDevice =
    computeCapability === undefined || serves(libraries.family, libraries.version, computeCapability);
  if (backend === '') problems.push(`Maskforge's own library for ${name} was not built (\`npm run native\`).`);
  if (!servesDevice) {
    problems.push(
      `${name} ${libraries.version} does not serve GPUs of compute capability ${((computeCapability ?? 0) / 10).toFixed(1)}.`,
    );
  }
  const builds = libraries.family === 'tensorrt-rtx' || libraries.builderTargets.some((target) => target !== 'ptx');
  const usable = backend !== '';
  return {
    ...libraries,
    kind,
    source,
    directory: dirname(libraries.runtime),
    backend,
    plugins,
    usable,
    canBuild: usable && libraries.parser !== '' && builds,
    servesDevice,
    problems,
  };
}

/** What the user named wins; then what serves the device; then what can build; then the search order. */
function rank(families: readonly FoundFamily[], family: RuntimeFamily | null, noDevice: boolean): FoundFamily[] {
  const order = (each: FoundFamily): number =>
    (each.family === family ? 0 : 16) +
    (each.kind === 'setting' || each.kind === 'environment' ? 0 : 8) +
    (each.servesDevice ? 0 : 4) +
    (each.canBuild ? 0 : 2) +
    // Only this one does anything without a device: it builds.
    (noDevice && each.family !== 'tensorrt-rtx' ? 1 : 0);
  return families.filter((each) => each.usable).sort((a, b) => order(a) - order(b));
}

function reasonOf(families: readonly FoundFamily[]): string {
  const [first] = families;
  if (first === undefined) {
    return 'No TensorRT was found. `maskforge runtimes install` fetches one; `maskforge doctor` lists every place looked at.';
  }
  return `${familyNames[first.family]} was found in ${first.directory}, but Maskforge's own library for it was not: run \`npm run native\`.`;
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
