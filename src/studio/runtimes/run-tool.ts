import { spawn } from 'node:child_process';
import { AppError } from '../../shared/app-error';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ToolOptions {
  readonly env: Environment;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  /** Hears every whole line of both streams. */
  readonly onLine?: (line: string) => void;
}

export interface ToolOutcome {
  /** Null where the program is not there. */
  readonly code: number | null;
  /** The end of both streams. */
  readonly output: string;
}

const KEPT = 24_000;
/** A tool that does not go when asked is ended. */
const GRACE_MS = 3_000;

/**
 * Runs one of the machine's own programs to its end. When the work is cancelled, the program and what it started are
 * asked to go, then ended.
 * @throws AppError CANCELLED
 */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolOutcome> {
  const { signal } = options;
  if (signal.aborted) throw cancelled();
  const outcome = await new Promise<ToolOutcome>((resolve) => {
    const child = spawn(command, [...args], {
      env: { ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it starts can be ended with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let output = '';
    let rest = '';
    const hear = (part: string): void => {
      output = (output + part).slice(-KEPT);
      const lines = (rest + part).split(/\r\n|\r|\n/);
      rest = lines.pop() ?? '';
      lines.forEach((line) => options.onLine?.(line));
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      endGroup(child.pid, 'SIGTERM');
      timer = setTimeout(() => endGroup(child.pid, 'SIGKILL'), GRACE_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const end = (code: number | null): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve({ code, output });
    };
    child.on('error', () => end(null));
    child.on('close', (code) => end(code ?? 1));
  });
  if (signal.aborted) throw cancelled();
  return outcome;
}

export function cancelled(): AppError {
  return new AppError('CANCELLED', 'The work was cancelled.');
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has gone already.
  }
}
