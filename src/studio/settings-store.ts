import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmitEvent } from '../shared/contract';
import type { Settings } from '../shared/domain/settings';
import { settingsSchema } from '../shared/domain/settings';
import { writeFileAtomically } from './library/json-file';

const MOST_RECENT_FILES = 50;

/**
 * The settings file. Keys of newer versions are kept; a file that cannot be understood is set aside under another name,
 * never overwritten; where nothing can be written, settings last as long as the process.
 */
export class SettingsStore {
  readonly #path: string;
  readonly #emit: EmitEvent;
  #settings: Settings;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, settings: Settings, emit: EmitEvent) {
    this.#path = path;
    this.#settings = settings;
    this.#emit = emit;
  }

  static async open(dataDirectory: string, emit: EmitEvent): Promise<SettingsStore> {
    const path = join(dataDirectory, 'settings.json');
    return new SettingsStore(path, await readSettings(path), emit);
  }

  get(): Settings {
    return this.#settings;
  }

  async update(change: Partial<Settings>): Promise<Settings> {
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const next = settingsSchema.parse({ ...this.#settings, ...given });
    next.recentFiles = next.recentFiles.slice(0, MOST_RECENT_FILES);
    this.#settings = next;
    this.#emit('settings.changed', next);
    await this.#write();
    return next;
  }

  /** Waits for what is being written. */
  flush(): Promise<void> {
    return this.#writing;
  }

  #write(): Promise<void> {
    const text = `${JSON.stringify(this.#settings, null, 2)}\n`;
    this.#writing = this.#writing.then(() => writeFileAtomically(this.#path, text)).catch(() => undefined);
    return this.#writing;
  }
}

async function readSettings(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return settingsSchema.parse({});
  }
  const parsed = settingsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  await rename(path, path.replace(/\.json$/, `.unreadable-${Date.now()}.json`)).catch(() => undefined);
  return settingsSchema.parse({});
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
