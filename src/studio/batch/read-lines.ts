import { open } from 'node:fs/promises';

const CHUNK_BYTES = 256 * 1024;

/**
 * Whole lines of a file, each with its first byte and its length (line feed included). What follows the last line feed is
 * no line. A file that is not there has none.
 */
export async function readLines(path: string, onLine: (line: string, span: [number, number]) => void): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return;
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = Buffer.alloc(0);
    let start = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let from = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
        onLine(rest.toString('utf8', from, end), [start + from, end + 1 - from]);
        from = end + 1;
      }
      start += from;
      rest = rest.subarray(from);
    }
  } finally {
    await file.close();
  }
}
