import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const EVERY_MS = 200;

/**
 * Tells how many bytes lie in folders that another program is filling. Tells only of growth: programs move their files
 * about, and a count that falls for a moment means nothing.
 * @returns a function that ends it
 */
export function watchBytes(folders: readonly string[], onBytes: (total: number) => void): () => void {
  let most = 0;
  let running = false;
  const look = async (): Promise<void> => {
    if (running) return;
    running = true;
    const total = await bytesIn(folders);
    running = false;
    if (total <= most || timer === null) return;
    most = total;
    onBytes(total);
  };
  let timer: NodeJS.Timeout | null = setInterval(() => void look(), EVERY_MS);
  return () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
}

export async function bytesIn(paths: readonly string[]): Promise<number> {
  let total = 0;
  for (const path of paths) {
    // Files come and go while somebody else works here.
    const facts = await lstat(path).catch(() => null);
    if (facts === null) continue;
    if (!facts.isDirectory()) total += facts.size;
    else total += await bytesIn((await readdir(path).catch((): string[] => [])).map((name) => join(path, name)));
  }
  return total;
}
