import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** How the content of a file can be checked against its entity tag. */
export type Checksum = { readonly algorithm: 'sha256' | 'git-blob'; readonly hex: string };

/**
 * The hub tags large files with their SHA-256 and small ones with Git's blob id (SHA-1 of `blob LENGTH\0` + content);
 * other servers' tags say nothing about the bytes.
 */
export function checksumOf(etag: string | null): Checksum | null {
  if (etag === null) return null;
  if (/^[0-9a-f]{64}$/.test(etag)) return { algorithm: 'sha256', hex: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { algorithm: 'git-blob', hex: etag };
  return null;
}

export async function matchesChecksum(path: string, size: number, checksum: Checksum): Promise<boolean> {
  const hash = createHash(checksum.algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (checksum.algorithm === 'git-blob') hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex') === checksum.hex;
}
