import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { afterEach } from 'vitest';
import type { CliIo } from './cli-io';
import { runCli } from './run-cli';

/** Helpers for tests that run whole command lines in this process. */

export const repository = resolve(__dirname, '../..');
export const oddModels = join(repository, 'tools/fixtures/models/odd');

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stdout, each parsed. */
  json(): Record<string, unknown>[];
}

export interface Bench {
  /** Working folder of the commands. */
  readonly cwd: string;
  readonly data: string;
  run(argv: readonly string[], options?: RunOptions): Promise<CliRun>;
  write(path: string, content: string | Uint8Array | object): string;
  /** A plain picture. */
  picture(path: string, width?: number, height?: number): Promise<string>;
  copyModel(fixture: string, path: string): string;
  /** Files below a folder, sorted, with / between folders. */
  files(folder: string): string[];
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly tty?: boolean;
  /** Hears of every piece of stdout. */
  readonly onStdout?: (text: string) => void;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A working folder and a data folder of their own, removed after the test. */
export function bench(): Bench {
  const root = mkdtempSync(join(tmpdir(), 'maskforge-cli-'));
  folders.push(root);
  const cwd = join(root, 'work');
  const data = join(root, 'data');
  mkdirSync(cwd);
  const place = (path: string): string => {
    const file = join(cwd, path);
    mkdirSync(join(file, '..'), { recursive: true });
    return file;
  };
  const write = (path: string, content: string | Uint8Array | object): string => {
    const file = place(path);
    const isText = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(file, isText ? content : JSON.stringify(content));
    return file;
  };
  return {
    cwd,
    data,
    write,
    run: (argv, options = {}) => run(argv, cwd, data, options),
    picture: async (path, width = 64, height = 48) => {
      const create = { width, height, channels: 3, background: { r: 200, g: 100, b: 20 } } as const;
      await sharp({ create }).toFile(place(path));
      return join(cwd, path);
    },
    copyModel: (fixture, path) => write(path, readFileSync(join(oddModels, fixture))),
    files: (folder) => filesBelow(join(cwd, folder)),
  };
}

async function run(argv: readonly string[], cwd: string, data: string, options: RunOptions): Promise<CliRun> {
  const stdout = collect(options);
  const stderr = collect({ ...(options.tty === true ? { tty: true } : {}) });
  const stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (options.tty === true) stdin.isTTY = true;
  stdin.end(options.stdin ?? Buffer.alloc(0));
  const io: CliIo = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin,
    env: { MASKFORGE_HOME: data, ...options.env },
    cwd,
    root: repository,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const code = await runCli(argv, io);
  const text = stdout.text();
  return {
    code,
    stdout: text,
    stderr: stderr.text(),
    json: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): Record<string, unknown> => JSON.parse(line)),
  };
}

function collect({ tty, onStdout }: Pick<RunOptions, 'tty' | 'onStdout'>): {
  stream: PassThrough & { isTTY?: boolean };
  text(): string;
} {
  const chunks: Buffer[] = [];
  const stream: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (tty === true) stream.isTTY = true;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    onStdout?.(chunk.toString());
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path).split(sep).join('/'))
    .sort();
}
