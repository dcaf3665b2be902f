import type { Readable, Writable } from 'node:stream';

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };
export type InputStream = Readable & { readonly isTTY?: boolean };

/** What a command may touch of the outside: tests give streams of their own. */
export interface CliIo {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: InputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl+C. */
  readonly signal?: AbortSignal;
  /** Folder that the program is installed in, with `resources/` and `out/`; found by itself when absent. */
  readonly root?: string;
}

export const exitCodes = {
  done: 0,
  someFailed: 1,
  usage: 2,
  /** 128 + SIGINT, as shells count it. */
  cancelled: 130,
  /** 128 + SIGPIPE: the reader of our output has gone. */
  pipeClosed: 141,
} as const;
