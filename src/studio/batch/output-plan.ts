import { basename, dirname, extname, join, relative, sep } from 'node:path';

/** A picture to be written about. */
export interface PlannedInput {
  /** Absolute path; null for what came through stdin. */
  readonly path: string | null;
  readonly name: string;
  /** The folder argument that it was found below; null when it was named itself. */
  readonly folder: string | null;
}

/** Where the files about one picture go: `directory` relative to the output folder, and the start of their names. */
export interface PlannedOutput {
  readonly directory: string;
  readonly stem: string;
}

/**
 * Names for all outputs of a run, decided before the first is written, so that they depend on the inputs alone. Folders
 * below an argument are kept. Two pictures never share a name: `a.jpg` and `a.png` in one folder become `a.jpg` and
 * `a.png` with their endings, and what is still the same is numbered in the order of the inputs.
 */
export function planOutputs(inputs: readonly PlannedInput[]): PlannedOutput[] {
  const prefixes = folderPrefixes(inputs);
  const places = inputs.map((input) => ({ input, directory: directoryOf(input, prefixes) }));
  const stems = count(places.map(({ input, directory }) => key(directory, stemOf(input.name))));
  const taken = new Set<string>();
  return places.map(({ input, directory }) => {
    const short = stemOf(input.name);
    const wanted = (stems.get(key(directory, short)) ?? 0) > 1 ? input.name : short;
    let stem = wanted;
    for (let number = 2; taken.has(key(directory, stem)); number += 1) stem = `${wanted}-${number}`;
    taken.add(key(directory, stem));
    return { directory, stem };
  });
}

/** With several folders each gets a folder of its own in the output; with one, its content lies there directly. */
function folderPrefixes(inputs: readonly PlannedInput[]): Map<string, string> {
  const folders = [...new Set(inputs.flatMap(({ folder }) => (folder === null ? [] : [folder])))];
  const taken = new Set<string>();
  return new Map(
    folders.map((folder) => {
      if (folders.length === 1) return [folder, ''];
      const name = basename(folder) === '' ? 'root' : basename(folder);
      let prefix = name;
      for (let number = 2; taken.has(prefix.toLowerCase()); number += 1) prefix = `${name}-${number}`;
      taken.add(prefix.toLowerCase());
      return [folder, prefix];
    }),
  );
}

function directoryOf({ path, folder }: PlannedInput, prefixes: ReadonlyMap<string, string>): string {
  if (path === null || folder === null) return '';
  const below = relative(folder, dirname(path));
  // Never out of the output folder, whatever a link or a drive letter makes of the path.
  const safe = below.split(sep).includes('..') || /^[A-Za-z]:/.test(below) ? '' : below;
  return join(prefixes.get(folder) ?? '', safe).replace(/^\.$/, '');
}

function stemOf(name: string): string {
  return basename(name, extname(name)) || name;
}

/** Names that differ by case or composition only are one name on many disks. */
function key(directory: string, stem: string): string {
  return `${directory}\0${stem}`.normalize('NFC').toLowerCase();
}

function count(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of keys) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}
