#!/usr/bin/env node
// How soon a build ends on a GPU when it is broken off, at several moments, and what it leaves behind: by Ctrl-C, which
// asks the builder to stop, and by SIGKILL, which asks nobody. Prints one JSON object; exit code 1 when a check fails.
//
//   node bench/gpu/cancel.mjs --model MODEL --after 4,10,20 [--maskforge bin/maskforge.cjs] [--shapes 1x3x1024x1024]
//
// `--more="--runtime tensorrt-rtx --target sm_89"` goes to the build. Its data folder is thrown away at the end; from one
// moment to the next it keeps the timing cache. At the end it is built after all; --no-rebuild leaves that out.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LIMIT_MS = 2000;
/** The terminal's exit code. */
const CANCELLED = 130;
const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'street-b0' },
    shapes: { type: 'string' },
    'no-rebuild': { type: 'boolean', default: false },
    more: { type: 'string', default: '' },
    after: { type: 'string', default: '4,10,20' },
    maskforge: { type: 'string', default: join(here, '..', '..', 'bin', 'maskforge.cjs') },
  },
});
const home = mkdtempSync(join(tmpdir(), 'maskforge-cancel-'));
const env = { ...process.env, MASKFORGE_HOME: home };
const shapes = options.shapes === undefined ? [] : ['--shapes', options.shapes];
const more = options.more.split(' ').filter((word) => word !== '');
const args = [options.maskforge, 'build', options.model, ...shapes, '--precision', 'fp16', '--fresh', ...more];

const inLibrary = () => (existsSync(join(home, 'engines')) ? readdirSync(join(home, 'engines')) : []);
/** What the library takes for an engine. */
const engines = () => inLibrary().filter((name) => !name.startsWith('.'));

/** Of files that are whole as JSON or as TensorRT wrote them: what a later build can read. */
function timingCaches() {
  const folder = join(home, 'cache', 'timing');
  if (!existsSync(folder)) return {};
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).byteLength]));
}

function breakOff(signal, seconds) {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let sent = NaN;
    child.stderr.on('data', (text) => (said += text));
    const timer = setTimeout(() => {
      sent = performance.now();
      child.kill(signal);
    }, seconds * 1000);
    child.once('exit', (code, by) => {
      clearTimeout(timer);
      // Null: the build was through before its moment came, which shows nothing; choose an earlier one.
      const endedInMs = Number.isNaN(sent) ? null : Math.round(performance.now() - sent);
      const ended = { signal, afterSeconds: seconds, code, by, endedInMs };
      done({
        ...ended,
        said: said
          .trim()
          .split(/[\r\n]+/)
          .at(-1)
          ?.slice(0, 200),
      });
    });
  });
}

const moments = options.after.split(',').map(Number);
const found = [];
for (const signal of ['SIGINT', 'SIGKILL'])
  for (const seconds of moments) {
    const ended = { ...(await breakOff(signal, seconds)), engines: engines().length, timing: timingCaches() };
    // By Ctrl-C it leaves by itself: a crash on the way out would end it as well.
    const hasLeft = signal === 'SIGKILL' ? ended.by === signal : ended.code === CANCELLED;
    ended.passed = ended.endedInMs !== null && ended.endedInMs <= LIMIT_MS && ended.engines === 0 && hasLeft;
    found.push(ended);
    process.stderr.write(`${ended.passed ? 'ok    ' : 'FAILED'} ${JSON.stringify(ended)}\n`);
  }
let afterwards = null;
if (!options['no-rebuild']) {
  const last = spawnSync(process.execPath, [...args, '--json'], { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  afterwards = { code: last.status, engines: engines().length, left: inLibrary() };
  process.stderr.write(`${JSON.stringify(afterwards)}\n${last.stderr.slice(-400)}\n`);
}
const isWhole = afterwards === null || (afterwards.code === 0 && afterwards.engines === 1);
const passed = found.every((one) => one.passed) && isWhole;
rmSync(home, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({ benchmark: 'gpu-cancel', limitMs: LIMIT_MS, passed, found, afterwards }, null, 1)}\n`,
);
process.exitCode = passed ? 0 : 1;
