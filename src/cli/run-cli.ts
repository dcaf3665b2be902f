import { CommanderError } from 'commander';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliIo } from './cli-io';
import { exitCodes } from './cli-io';
import type { CliContext } from './context';
import { createProgram } from './program';
import { isCancelled, isUsage, Terminal } from './terminal';

/**
 * Runs one command line (without `node` and the script's name) and answers with the exit code: 0 all done, 1 some inputs
 * failed, 2 wrong usage, 130 cancelled. Everything a command reads and writes goes through `io`.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const terminal = new Terminal(io);
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  for (const signal of [io.signal, terminal.pipeClosed]) signal?.addEventListener('abort', abort, { once: true });
  if (io.signal?.aborted === true) abort();
  let code: number = exitCodes.done;
  const context: CliContext = {
    io,
    terminal,
    signal: stop.signal,
    root: io.root ?? findRoot(__dirname),
    fail: (worse) => (code = Math.max(code, worse)),
  };
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    code = explain(error, context, code);
  } finally {
    io.signal?.removeEventListener('abort', abort);
  }
  if (terminal.pipeClosed.aborted) return exitCodes.pipeClosed;
  await terminal.flush();
  return code;
}

function explain(error: unknown, { terminal }: CliContext, code: number): number {
  // Commander has already written what is wrong, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? code : exitCodes.usage;
  if (isCancelled(error)) {
    terminal.note('Cancelled.');
    return exitCodes.cancelled;
  }
  terminal.error(error);
  return isUsage(error) ? exitCodes.usage : exitCodes.someFailed;
}

/** The folder of the installed program, from the built file as from the source. */
function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return start;
  }
}
