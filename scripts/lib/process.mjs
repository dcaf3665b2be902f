// Child processes for the set-up scripts. Imports node: modules only, since it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null, timedOut: boolean, stdout: string, stderr: string }} Outcome
 * @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, show?: boolean, logTo?: import('node:stream').Writable }} RunOptions
 */

/**
 * Runs a command to its end and never throws for a failing command: a missing program is code 127.
 * With `show`, its output goes straight to this terminal and is not collected.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Outcome>}
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, timeoutMs, show = false } = options;
  return new Promise((done) => {
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      // A group of its own lets a timeout end grandchildren (a browser's helpers, a stalled download) as well.
      detached: timeoutMs !== undefined && process.platform !== 'win32',
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
    });
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    const timer = timeoutMs && setTimeout(() => ((timedOut = true), endGroup(child)), timeoutMs);
    const finish = (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, timedOut, stdout, stderr });
    };
    child.on('error', (error) => {
      stderr += `${error.message}\n`;
      finish(127, null);
    });
    child.on('close', finish);
  });
}

/**
 * Ends a child and, where it leads a process group, everything it started.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} [signal]
 */
export function endGroup(child, signal = 'SIGKILL') {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

/**
 * Finds a program on PATH.
 * @param {string} name
 * @returns {string | undefined} its full path
 */
export function which(name) {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`, name] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const candidate of names) {
      if (folder && existsSync(join(folder, candidate))) return join(folder, candidate);
    }
  }
  return undefined;
}

/**
 * The first line of a command's output, or undefined where it fails or is missing.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function firstLine(command, args, env = process.env) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', env, timeout: 30_000 });
  return status === 0 ? stdout.trim().split('\n')[0] : undefined;
}

/**
 * The last lines of an outcome, for a message that has to say why something failed.
 * @param {Outcome} outcome
 * @param {number} [lines]
 */
export function tail(outcome, lines = 12) {
  const text = `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n').slice(-lines).join('\n');
  return outcome.timedOut ? `${text}\n(stopped: it took too long)` : text;
}
