import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { AppError } from '../../shared/app-error';
import type { CudaReport, RuntimeFamily } from './addon';
import type { FoundFamily, TensorRtSearch } from './find-libraries';
import { familyNames } from './find-libraries-names';
import type { Environment } from './find-libraries-places';
import { findAddon } from './load-addon';

/** What a library said when it was opened for the first time, in a process of its own. */
export interface LibraryAnswer {
  readonly version: string;
  readonly buildsWithoutDevice: boolean;
}

export interface ProbeOptions {
  readonly env?: Environment | undefined;
  /** The addon's file; found by itself when absent. */
  readonly addon?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

type Request =
  | { readonly ask: 'cuda' }
  | {
      readonly ask: 'library';
      readonly family: RuntimeFamily;
      readonly backend: string;
      readonly runtime: string;
      readonly parser: string;
    };
type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Opening a library of 2 GB from a cold disk takes a while; a driver that hangs must not hang the studio. */
const PATIENCE_MS = 60_000;
/** Of what the child wrote to stderr, as much is kept, and as much is repeated to the user. */
const KEPT = 16_000;
const WORDS = 400;

/**
 * The child's program. Kept as text so that it needs no file beside it: it runs the same in the packaged app, in the
 * terminal and in tests. Its answer goes through a pipe of its own, because libraries write to stdout as they please.
 */
const CHILD = `
const [addonFile, request] = process.argv.slice(-2);
const { ask, ...paths } = JSON.parse(request);
const answer = (reply) => require('fs').writeSync(3, JSON.stringify(reply));
const fail = (error) => answer({ ok: false, code: String(error && error.code || ''), message: String(error && error.message || error) });
(async () => {
  const addon = require(addonFile);
  if (ask === 'cuda') return addon.probeCuda();
  const { version, buildsWithoutDevice } = await addon.openLibrary(paths);
  return { version, buildsWithoutDevice };
})().then((value) => answer({ ok: true, value }), fail).then(() => process.exit(0));
`;

const answers = new Map<string, Promise<LibraryAnswer>>();

/**
 * Opens a family's libraries in a child process, so that one that aborts, crashes or hangs takes nothing along. The same
 * files are asked once.
 * @throws AppError ADDON_MISSING, LIBRARY_BROKEN (with the loader's words), or what the addon says (LIBRARY_MISSING, …)
 */
export function probeLibrary(found: FoundFamily, options: ProbeOptions = {}): Promise<LibraryAnswer> {
  const { family, backend, runtime, parser } = found;
  const key = JSON.stringify([options.addon, ...[backend, runtime, parser].map(stampOf)]);
  const kept = answers.get(key);
  if (kept !== undefined) return kept;
  const fresh = askLibrary({ ask: 'library', family, backend, runtime, parser }, options);
  answers.set(key, fresh);
  // What could not be asked (no addon yet) may be asked again.
  fresh.catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code === 'ADDON_MISSING') answers.delete(key);
  });
  return fresh;
}

/**
 * The best family whose libraries can really be opened, with what it said; null where none can.
 * @param onBroken hears of each that could not
 */
export async function firstWorking(
  search: TensorRtSearch,
  options: ProbeOptions = {},
  onBroken: (found: FoundFamily, error: AppError) => void = () => undefined,
): Promise<{ readonly found: FoundFamily; readonly answer: LibraryAnswer } | null> {
  for (const found of search.ranked) {
    try {
      return { found, answer: await probeLibrary(found, options) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      onBroken(found, error);
    }
  }
  return null;
}

/**
 * What the driver says. Null without the addon.
 * @throws AppError DRIVER_BROKEN
 */
export async function probeDriver(options: ProbeOptions = {}): Promise<CudaReport | null> {
  const addon = options.addon ?? findAddon(options.env ?? process.env);
  if (addon === null) return null;
  const { reply, said } = await ask(addon, { ask: 'cuda' }, options);
  if (reply?.ok === true) return parseCudaReport(reply.value);
  throw new AppError('DRIVER_BROKEN', `The NVIDIA driver cannot be asked: ${reply?.message ?? said}`, {
    hint: 'Restart the machine; if it stays so, install the driver again.',
  });
}

async function askLibrary(
  request: Extract<Request, { ask: 'library' }>,
  options: ProbeOptions,
): Promise<LibraryAnswer> {
  const addon = options.addon ?? findAddon(options.env ?? process.env);
  if (addon === null) {
    throw new AppError('ADDON_MISSING', 'The native addon (maskforge.node) was not found.', {
      hint: 'Build it with `npm run native`.',
    });
  }
  const { reply, said } = await ask(addon, request, options);
  if (reply?.ok === true && isAnswer(reply.value)) return reply.value;
  const name = familyNames[request.family];
  const words = reply?.ok === false ? reply.message : said;
  const code = reply?.ok === false && /^[A-Z]+_[A-Z_]+$/.test(reply.code) ? reply.code : 'LIBRARY_BROKEN';
  throw new AppError(code as `${Uppercase<string>}`, `${name} cannot be opened from ${request.runtime}: ${words}`, {
    hint: `Install it again, with \`maskforge runtimes install ${request.family === 'tensorrt-rtx' ? 'rtx' : 'tensorrt'}\`, or name another folder with MASKFORGE_TENSORRT.`,
    details: { file: request.runtime },
  });
}

/** Runs the child; answers with its reply, or with what can be said about its end. */
function ask(
  addon: string,
  request: Request,
  { env = process.env, timeoutMs = PATIENCE_MS }: ProbeOptions,
): Promise<{ reply: Reply | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', CHILD, addon, JSON.stringify(request)], {
      // In Electron's processes the executable is Electron itself; its fuse `runAsNode` has to stay on.
      env: { ...env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let [text, words, timedOut] = ['', '', false];
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stderr?.setEncoding('utf8').on('data', (part: string) => (words = (words + part).slice(-KEPT)));
    child.stdio[3]?.on('data', (part: Buffer) => (text += part.toString('utf8')));
    const end = (said: string): void => {
      clearTimeout(timer);
      resolve({ reply: parseReply(text), said: [said, plainWords(words)].filter((part) => part !== '').join(' ') });
    };
    child.on('error', (error) => end(`no process could be started (${error.message}).`));
    child.on('close', (code, signal) => {
      if (timedOut) end(`it did not answer within ${Math.round(timeoutMs / 1000)} s.`);
      else
        end(
          signal === null ? `the process ended with code ${code ?? 'unknown'}.` : `it crashed the process (${signal}).`,
        );
    });
  });
}

/** Without the stack traces that Node writes when it is made to abort: they say nothing about the library. */
function plainWords(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/^(\d+: |-----)/.test(line));
  return said.join(' ').slice(-WORDS);
}

function parseReply(text: string): Reply | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('ok' in value)) return null;
    if (value.ok === true && 'value' in value) return { ok: true, value: value.value };
    const message = 'message' in value ? String(value.message) : '';
    return { ok: false, code: 'code' in value ? String(value.code) : '', message };
  } catch {
    return null;
  }
}

function isAnswer(value: unknown): value is LibraryAnswer {
  return typeof value === 'object' && value !== null && 'version' in value && 'buildsWithoutDevice' in value;
}

function parseCudaReport(value: unknown): CudaReport {
  if (typeof value === 'object' && value !== null && 'devices' in value && 'reason' in value)
    return value as CudaReport;
  throw new Error('The addon’s probeCuda answered something else than it promises.');
}

function stampOf(file: string): string {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${file}:${size}:${mtimeMs}`;
  } catch {
    return file;
  }
}
