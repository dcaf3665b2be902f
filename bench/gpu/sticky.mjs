#!/usr/bin/env node
// A fault in a kernel makes every later call of CUDA fail in that process. Shows on a GPU that this ends no program: the
// addon tells it by a code and its process ends by itself, the terminal goes on to say so, and the studio starts a new
// engine host on which the next picture works. Prints one JSON object; exit code 1 when a check fails.
//
//   node bench/gpu/sticky.mjs --tensorrt DIR --libraries native/build/lib --fault libmaskforge_fault_10.so
//                             [--maskforge bin/maskforge.cjs]
//
// The plugin that faults is built by `ninja maskforge_fault_10`; the program needs out/bench/lost-device.cjs beside it
// (bundle.mjs packs it). Python with onnx writes the network.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    tensorrt: { type: 'string' },
    libraries: { type: 'string', default: 'native/build/lib' },
    fault: { type: 'string' },
    maskforge: { type: 'string', default: join(here, '..', '..', 'bin', 'maskforge.cjs') },
    python: { type: 'string', default: 'python3' },
    model: { type: 'string' },
    addon: { type: 'string' },
    precision: { type: 'string', default: 'fp16' },
    only: { type: 'string', default: 'addon,terminal,studio' },
  },
});
const work = mkdtempSync(join(tmpdir(), 'maskforge-sticky-'));
const only = new Set(options.only.split(','));
const side = 128;
const results = {};
let failed = false;

const at = (name) => join(work, name);
const libraries = at('lib');
const env = {
  ...process.env,
  MASKFORGE_HOME: at('home'),
  MASKFORGE_ADDON: resolve(options.addon ?? join(libraries, 'maskforge.node')),
  MASKFORGE_TENSORRT: resolve(options.tensorrt),
  LD_LIBRARY_PATH: [resolve(options.tensorrt), process.env.LD_LIBRARY_PATH ?? ''].filter(Boolean).join(':'),
};

function check(name, run) {
  const start = performance.now();
  try {
    results[name] = { passed: true, ...run(), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    failed = true;
    results[name] = { passed: false, message: error.message, ...error.found };
  }
  process.stderr.write(`${results[name].passed ? 'ok    ' : 'FAILED'} ${name} ${JSON.stringify(results[name])}\n`);
}

/** Fails with what was found. */
function need(condition, message, found) {
  if (!condition) throw Object.assign(new Error(message), { found });
}

function run(file, args, seconds = 120) {
  const ended = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8', env, timeout: seconds * 1000 });
  const { status, signal, stdout, stderr } = ended;
  return { status, signal, stdout, stderr: stderr.slice(-3000) };
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one grey. */
function writePicture(name, grey) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  // 8 bits, RGB.
  head.set([8, 2], 8);
  const rows = Buffer.alloc((side * 3 + 1) * side, grey);
  for (let row = 0; row < side; row++) rows[row * (side * 3 + 1)] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  writeFileSync(at(name), Buffer.concat([signature, ...parts]));
  return at(name);
}

/** The addon, its backend and plugins as they are delivered, and the one that faults: found as any other. */
function putLibraries() {
  mkdirSync(libraries);
  const delivered = readdirSync(options.libraries).filter((name) => /^maskforge\.node$|_(tensorrt)?10\.so$/.test(name));
  for (const name of delivered) copyFileSync(join(options.libraries, name), join(libraries, name));
  copyFileSync(options.fault, join(libraries, 'libmaskforge_fault_10.so'));
}

function writeModel() {
  if (options.model !== undefined) return resolve(options.model);
  const made = spawnSync(options.python, [join(here, 'fault_model.py'), at('fault.onnx')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`the network cannot be written: ${made.stderr}`);
  return at('fault.onnx');
}

/** @returns {{ id: string, path: string }} */
function build(model) {
  const built = run(options.maskforge, ['build', model, '--precision', options.precision, '--json']);
  if (built.status !== 0) throw new Error(`the engine cannot be built: ${JSON.stringify(built)}`);
  const { id, path } = JSON.parse(built.stdout.trim().split('\n').at(-1));
  return { id, path };
}

/** A step's code by its name, as the child told it. */
function lostByAddon(engine, model, warm, more) {
  const paths = { engine: engine.path, tensorrt: options.tensorrt, libraries, model };
  const args = Object.entries({ ...paths, fault: join(libraries, 'libmaskforge_fault_10.so'), warm }).flatMap(
    ([name, value]) => [`--${name}`, String(value)],
  );
  const ended = run(join(here, 'sticky-child.mjs'), [...args, ...more], 60);
  const steps = ended.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const found = { status: ended.status, signal: ended.signal, steps, stderr: ended.stderr };
  const code = (name) => steps.find((each) => each.name === name)?.code;
  need(ended.signal === null && ended.status === 0, 'the process did not end by itself', found);
  const good = steps.filter(({ name }) => name === 'good frame' || name === 'frame of a session beside it');
  need(good.length === warm + 1 && good.every((each) => each.code === null), 'a good frame failed', found);
  need(code('faulting frame') === 'DEVICE_LOST', 'the fault has another code', found);
  need(code('next frame') === 'SESSION_BROKEN', 'the next frame has another code', found);
  const after = ['next frame of the session beside it', 'another session of the engine', 'the engine opened again'];
  for (const name of [...after, ...(more.length === 0 ? [] : ['building'])])
    need(/^[A-Z]+(_[A-Z]+)+$/.test(code(name) ?? ''), `no code for: ${name}`, found);
  // Closing may fail, but not without a code.
  need(!steps.some((each) => each.code === ''), 'a failure without a code', found);
  return found;
}

putLibraries();
const [good, bad, last] = [
  writePicture('1-good.png', 0),
  writePicture('2-bad.png', 255),
  writePicture('3-last.png', 8),
];
const model = writeModel();
const engine = build(model);

if (only.has('addon')) {
  check('addon: lost at the first frame', () => lostByAddon(engine, model, 0, []));
  check('addon: lost in a CUDA graph', () => lostByAddon(engine, model, 4, []));
  check('addon: building after it', () => lostByAddon(engine, model, 1, ['--build']));
}
const segmenting = (...pictures) =>
  run(options.maskforge, ['segment', ...pictures, '--engine', engine.id, '--json'], 60);
if (only.has('terminal')) {
  check('terminal: says which picture it was, and ends', () => {
    const ended = segmenting(good, bad, last);
    need(ended.signal === null && ended.status === 1, 'it did not end as with a picture that failed', ended);
    need(/DEVICE_LOST/.test(ended.stdout + ended.stderr), 'it does not tell the code', ended);
    return ended;
  });
  check('terminal: works the next time', () => {
    const ended = segmenting(good, last);
    need(ended.signal === null && ended.status === 0, 'it failed', ended);
    return { status: ended.status };
  });
}
if (only.has('studio')) {
  check('studio: a new engine host goes on', () => {
    const program = join(dirname(dirname(resolve(options.maskforge))), 'out', 'bench', 'lost-device.cjs');
    need(existsSync(program), `${program} is not there`, {});
    const named = { home: env.MASKFORGE_HOME, engine: engine.id, model, good, bad };
    const ended = run(
      program,
      Object.entries(named).flatMap(([name, value]) => [`--${name}`, value]),
    );
    const told = ended.stdout.trim().split('\n').at(-1) ?? '';
    need(ended.status === 0, 'a step went otherwise', ended);
    return JSON.parse(told);
  });
}

rmSync(work, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ benchmark: 'gpu-sticky', results }, null, 1)}\n`);
process.exitCode = failed ? 1 : 0;
