import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readError } from '../library/json-file';

/** JSON with keys in order and nothing left open, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** SHA-256 of a file's content, read in pieces. @throws AppError FILE_NOT_FOUND, FILE_UNREADABLE */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      if (piece instanceof Uint8Array) hash.update(piece);
    }
  } catch (error) {
    throw readError(error, path);
  }
  return hash.digest('hex');
}
