import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { AppError } from '../../shared/app-error';

/** What lies in a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
  /** False where the name is not UTF-8: `name` then shows its odd bytes as `\xE9`, and nothing can be opened by it. */
  readonly isReachable: boolean;
}

/** Stands for bytes that are no UTF-8; a name that holds it may have been none. */
const REPLACEMENT = '\ufffd';
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Entries of a folder. Systems whose names are bytes may hold names in Latin-1 or Shift JIS: Node reads those with a
 * replacement in them, by which no file is found again.
 */
export async function entriesOf(folder: string): Promise<FolderEntry[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const plain = entries.map((entry) => toEntry(entry, entry.name, true));
  if (!entries.some(({ name }) => name.includes(REPLACEMENT))) return plain;
  const raw = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  return raw.map((entry) => {
    // Node's types say text whatever the encoding.
    const bytes = Buffer.from(entry.name as Uint8Array | string);
    const text = decode(bytes);
    return toEntry(entry, text ?? escapeBytes(bytes), text !== null);
  });
}

function toEntry(entry: Pick<Dirent, 'isDirectory'>, name: string, isReachable: boolean): FolderEntry {
  return { name, isFolder: entry.isDirectory(), isReachable };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** What is UTF-8 as it is, every other byte as `\xE9`. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = lengthAt(bytes, at);
    const byte = bytes[at] ?? 0;
    text += length === 0 ? `\\x${byte.toString(16).toUpperCase()}` : strict.decode(bytes.subarray(at, at + length));
    at += Math.max(1, length);
  }
  return text;
}

/** Bytes of the character that begins here; 0 where none does. */
function lengthAt(bytes: Uint8Array, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    if (decode(bytes.subarray(at, at + length)) !== null) return length;
  }
  return 0;
}

/** @param path with the name escaped */
export function nameNotUtf8(path: string): AppError {
  return new AppError('FILE_NAME_NOT_UTF8', `${path} is skipped: its name is not UTF-8.`, {
    hint: 'Rename it; `convmv -f latin1 -t utf8` does so for many at once.',
    details: { path },
  });
}
