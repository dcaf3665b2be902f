// Starts the built studio in one of its shells.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { isRoot } from './system.mjs';

/** Chromium's sandbox refuses to run as root. */
export const sandboxFlags = isRoot ? ['--no-sandbox'] : [];

/** What keeps a test's browser from talking to anyone but us. */
export const browserFlags = [
  ...sandboxFlags,
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Playwright, from node_modules: it drives both shells for screenshots and tests. */
export function playwright() {
  return createRequire(join(root, 'package.json'))('playwright-core');
}

/**
 * Starts the local server.
 * @param {{ port?: number, paths?: string[], env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ url: string, child: import('node:child_process').ChildProcess, stop: () => Promise<void> }>}
 */
export function startServer({ port = 0, paths = [], env = process.env } = {}) {
  const program = join(root, 'out', 'server', 'server.cjs');
  const child = spawn(process.execPath, [program, '--port', String(port), ...paths], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const line = text.split('\n')[0];
      if (text.includes('\n')) resolve({ url: line, child, stop: () => (child.kill('SIGTERM'), ended) });
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the local server ended with code ${code}`)));
  });
}
