#!/usr/bin/env node
// npm start: installs what is missing, builds, and opens the studio.
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuild } from './lib/build.mjs';
import { ensureElectron } from './lib/electron.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { root, say } from './lib/paths.mjs';
import { sandboxFlags, startServer } from './lib/shells.mjs';
import { smoke } from './lib/smoke.mjs';
import { hasDisplay } from './lib/system.mjs';

const usage = `npm start [-- OPTIONS] [FILES…]
  --browser       serve to a browser instead of opening a window
  --port N        port for --browser (any free one)
  --smoke DIR     wait for the first mask, write DIR/studio.png and DIR/smoke.json, and end
  --help`;

/** A window that goes within this time never came up: a missing library, a sandbox that is not allowed. */
const startupMs = 8_000;

/** @param {string} executable @param {string[]} paths @returns {Promise<string | undefined>} why it did not come up */
function openWindow(executable, paths) {
  const started = performance.now();
  return new Promise((done) => {
    const child = spawn(executable, [...sandboxFlags, root, ...paths], { stdio: 'inherit' });
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => {
      const failed = code !== 0 && performance.now() - started < startupMs;
      done(failed ? `Electron ended with ${signal ?? `code ${code}`} while starting` : undefined);
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  });
}

/** @param {string} reason @param {number} port @param {string[]} paths */
async function openInBrowser(reason, port, paths) {
  const server = await startServer({ port, paths });
  say(`no window: ${reason}`);
  process.stdout.write(`\n  Open the studio at  ${server.url}\n\n  Ctrl+C ends it.\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.stop());
  await new Promise((done) => server.child.once('exit', done));
}

/** @returns {Promise<number>} exit code */
async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      browser: { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      smoke: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  await ensurePackages();
  await ensureBuild();
  if (values.smoke) return smoke(resolve(values.smoke), { browser: values.browser });
  const paths = positionals.map((path) => resolve(path));
  const port = Number(values.port);
  if (values.browser) await openInBrowser('a browser was asked for', port, paths);
  else if (!hasDisplay()) await openInBrowser('there is no display', port, paths);
  else {
    const electron = await ensureElectron();
    const reason = 'executable' in electron ? await openWindow(electron.executable, paths) : electron.reason;
    if (reason !== undefined) await openInBrowser(reason, port, paths);
  }
  return 0;
}

try {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`Node 20.19 or newer is needed, this is ${process.version}`);
  process.exitCode = await main();
} catch (error) {
  if (error.code?.startsWith('ERR_PARSE_ARGS')) say(`${error.message}\n${usage}`);
  else say(error.message);
  process.exitCode = error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
