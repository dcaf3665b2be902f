import type { Command } from 'commander';
import type { CliIo } from './cli-io';
import type { Terminal } from './terminal';

/** What commands share. */
export interface CliContext {
  readonly io: CliIo;
  readonly terminal: Terminal;
  /** Aborted by Ctrl+C, or when nobody reads our output any more. */
  readonly signal: AbortSignal;
  /** Folder with `resources/` and `out/`. */
  readonly root: string;
  /** Commands report failed inputs here; the highest code is the process's. */
  fail(code: number): void;
}

const contexts = new WeakMap<Command, CliContext>();

export function setContext(program: Command, context: CliContext): void {
  contexts.set(program, context);
}

/** The context of a command, from wherever it stands below the program. */
export function contextOf(command: Command): CliContext {
  for (let each: Command | null = command; each !== null; each = each.parent) {
    const context = contexts.get(each);
    if (context !== undefined) return context;
  }
  throw new Error('The command does not belong to a running program.');
}
