import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeFamily } from './addon';
import { runtimesFolder } from './find-libraries-places';

/** What the user chose among the runtimes; the studio chooses where nothing is said. */
export interface RuntimeChoice {
  /** Folder, or list of folders, that is searched first; empty where none was named. */
  readonly directory: string;
  readonly family: RuntimeFamily | null;
}

const FAMILIES: readonly string[] = ['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx'];

export function choiceFile(dataDirectory: string): string {
  return join(runtimesFolder(dataDirectory), 'choice.json');
}

/** A file that is missing or damaged is no choice. */
export async function readChoice(dataDirectory: string): Promise<RuntimeChoice> {
  try {
    const content: unknown = JSON.parse(await readFile(choiceFile(dataDirectory), 'utf8'));
    if (typeof content !== 'object' || content === null) return { directory: '', family: null };
    const directory = 'directory' in content && typeof content.directory === 'string' ? content.directory : '';
    const family = 'family' in content && isFamily(content.family) ? content.family : null;
    return { directory, family };
  } catch {
    return { directory: '', family: null };
  }
}

function isFamily(value: unknown): value is RuntimeFamily {
  return typeof value === 'string' && FAMILIES.includes(value);
}
