import type { ErrorReport } from '../shared/app-error';
import { AppError, isAbort, toErrorReport } from '../shared/app-error';
import type { CliIo, OutputStream } from './cli-io';

const RESET = '\u001b[0m';
const STYLES = { bold: '\u001b[1m', dim: '\u001b[2m', red: '\u001b[31m', yellow: '\u001b[33m', green: '\u001b[32m' };
export type Style = keyof typeof STYLES;

/** What a model's warning says, on one line. */
export function warningLine({ message, hint }: ErrorReport): string {
  return hint === undefined ? message : `${message} ${hint}`;
}

/** Writes for a person or for a program: results to stdout, everything about the run to stderr. */
export class Terminal {
  readonly io: CliIo;
  readonly #pipeClosed = new AbortController();
  /** Called around every line, so that a progress bar can step aside. */
  #bar: { hide(): void; show(): void } | null = null;

  constructor(io: CliIo) {
    this.io = io;
    for (const stream of [io.stdout, io.stderr]) stream.on('error', (error) => this.#onStreamError(error));
  }

  /** Aborted when whoever read our output has gone: `maskforge … | head`. */
  get pipeClosed(): AbortSignal {
    return this.#pipeClosed.signal;
  }

  line(text = ''): void {
    this.#write(this.io.stdout, `${text}\n`);
  }

  json(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  note(text: string): void {
    this.#write(this.io.stderr, `${text}\n`);
  }

  /** What failed, why, and what to do; `subject` names the input when the message may not. */
  error(error: unknown, subject?: string): void {
    const report = toErrorReport(error);
    const about = subject === undefined ? '' : `${subject}: `;
    this.note(`${this.paint('red', 'error', 'stderr')} ${about}${report.message} [${report.code}]`);
    if (report.hint !== undefined) this.note(`      ${report.hint}`);
    if (report.stack !== undefined) {
      this.note('      This is a bug in maskforge. Please report it with the lines below.');
      this.note(report.stack.replace(/^/gm, '      '));
    }
  }

  warning(text: string): void {
    this.note(`${this.paint('yellow', 'warning', 'stderr')} ${text}`);
  }

  paint(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    return this.colors(stream) ? `${STYLES[style]}${text}${RESET}` : text;
  }

  /** NO_COLOR (no-color.org) switches colours off, FORCE_COLOR on; else they go to terminals only. */
  colors(stream: 'stdout' | 'stderr'): boolean {
    const { env } = this.io;
    if ((env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
    const forced = env['FORCE_COLOR'];
    if (forced !== undefined && forced !== '') return forced !== '0';
    return this.io[stream].isTTY === true;
  }

  /** The terminal shows a bar until the answer is called. */
  attachBar(bar: { hide(): void; show(): void }): () => void {
    this.#bar = bar;
    return () => (this.#bar = null);
  }

  /** Resolves when all that was written is on its way: a process that ends earlier cuts a pipe short. */
  async flush(): Promise<void> {
    await Promise.all([this.io.stdout, this.io.stderr].map((stream) => flushStream(stream)));
  }

  #write(stream: OutputStream, text: string): void {
    if (this.#pipeClosed.signal.aborted) return;
    this.#bar?.hide();
    stream.write(text);
    this.#bar?.show();
  }

  #onStreamError(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED' && code !== 'EOF') throw error;
    this.#pipeClosed.abort();
  }
}

/** An error in how the command was called. */
export function usageError(message: string, hint?: string): AppError {
  return new AppError('USAGE', message, hint === undefined ? {} : { hint });
}

/** Codes that say: call it differently. */
const USAGE_CODES: readonly string[] = [
  'USAGE',
  'LICENCE_NOT_ACCEPTED',
  'HUB_NAME_INVALID',
  'RUNTIME_UNKNOWN',
  'RUNTIME_VERSION_INVALID',
  'COMPARE_TOO_FEW_SIDES',
  'COMPARE_TOO_MANY_SIDES',
  'COMPARE_SAME_TWICE',
  'COMPARE_REFERENCE_UNKNOWN',
];

export function isUsage(error: unknown): boolean {
  return error instanceof AppError && USAGE_CODES.includes(error.code);
}

export function isCancelled(error: unknown): boolean {
  return isAbort(error);
}

function flushStream(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.write('', () => resolve());
  });
}
