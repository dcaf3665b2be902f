import { sizeThreadPool } from '../studio/thread-pool';
import { exitCodes } from './cli-io';
import { runCli } from './run-cli';

/**
 * Runs the command line of this process and ends it with its exit code. The first Ctrl+C asks the work to stop, the
 * second ends the process at once.
 */
export async function main(root: string): Promise<void> {
  sizeThreadPool();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(exitCodes.cancelled);
      stop.abort();
    });
  }
  const code = await runCli(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
    root,
  });
  process.exit(code);
}
