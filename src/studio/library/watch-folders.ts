import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

const SETTLE_MS = 300;
/** Each watch costs the system a handle; past this many, changes show when the model is next used. */
const MAX_FOLDERS = 64;

/**
 * Tells when files in the folders of some models change. Folders, not files: editors replace a file rather than write
 * into it. Never keeps a process alive.
 */
export class FolderWatch {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches the folders of exactly these ONNX files, and of Hugging Face's files one folder up. */
  set(paths: readonly string[]): void {
    const wanted = new Set(paths.flatMap(foldersOf).slice(0, MAX_FOLDERS));
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#open(folder);
  }

  /** Watches one more file's folders at once. */
  include(path: string): void {
    for (const folder of foldersOf(path)) if (!this.#watchers.has(folder)) this.#open(folder);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #open(folder: string): void {
    if (this.#closed) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || /\.(onnx|json)$/i.test(name)) this.#settle();
      });
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Some file systems cannot be watched; the change then shows when the model is next used.
    }
  }

  #settle(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onChange();
    }, SETTLE_MS);
    this.#timer.unref();
  }
}

function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return basename(folder) === 'onnx' ? [folder, dirname(folder)] : [folder];
}
