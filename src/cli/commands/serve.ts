import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '../../shared/app-error';
import { dataDirectory } from '../../studio/data-directory';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { wholeNumber } from '../parse-option';

export function registerServe(program: Command): void {
  program
    .command('serve')
    .summary('serve the studio to a browser on this machine')
    .description('Serves the studio on the loopback interface and prints its address. Ctrl+C ends it.')
    .argument('[paths...]', 'files and folders that the page may open')
    .option('-p, --port <number>', 'port to listen on; 0 takes any free one', wholeNumber, 0)
    .action(async (paths: string[], options: { port: number }, command: Command) => {
      await serveStudio(contextOf(command), paths, options.port);
    });
}

async function serveStudio(
  { io, root, signal, terminal }: CliContext,
  paths: readonly string[],
  port: number,
): Promise<void> {
  const pageDirectory = join(root, 'out', 'renderer');
  const hostScript = join(root, 'out', 'host', 'host.cjs');
  for (const part of [join(pageDirectory, 'index.html'), hostScript]) {
    if (existsSync(part)) continue;
    throw new AppError('BUILD_MISSING', `The studio has not been built: ${part} is not there.`, {
      hint: `Run "npm run build" in ${root}.`,
    });
  }
  const { serve } = await import('../../server/serve');
  const server = await serve({
    port,
    dataDirectory: dataDirectory({ ...io.env }),
    resourcesDirectory: join(root, 'resources'),
    pageDirectory,
    hostScript,
    grants: paths.map((path) => resolve(io.cwd, path)),
  });
  terminal.line(server.url);
  terminal.note('Whoever has this address can use the studio. Ctrl+C ends it.');
  await new Promise<void>((done) => {
    if (signal.aborted) return done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
  await server.close();
}
