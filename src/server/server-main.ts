import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { toErrorReport } from '../shared/app-error';
import { dataDirectory } from '../studio/data-directory';
import { serve } from './serve';

/** The server as a program of its own: what `npm start` runs where no window can be opened. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { port: { type: 'string', default: '0' } },
    allowPositionals: true,
  });
  const built = join(__dirname, '..');
  const server = await serve({
    port: Number(values.port),
    dataDirectory: dataDirectory(),
    resourcesDirectory: join(built, '..', 'resources'),
    pageDirectory: join(built, 'renderer'),
    hostScript: join(built, 'host', 'host.cjs'),
    grants: positionals.map((path) => resolve(path)),
  });
  process.stdout.write(`${server.url}\n`);
  const stop = (): void => void server.close().finally(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // A parent that died must not leave its server behind.
  process.once('disconnect', stop);
}

main().catch((error: unknown) => {
  const { message, hint, stack } = toErrorReport(error);
  process.stderr.write(`${[message, hint, stack].filter(Boolean).join('\n')}\n`);
  process.exitCode = 1;
});
