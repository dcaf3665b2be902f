#!/usr/bin/env node
// Builds and measures TensorRT engines on this machine's GPU through the studio's own terminal, and writes one JSON file.
//
//   node bench/gpu/run.mjs --work DIR --out FILE.json [--maskforge bin/maskforge.cjs] [--only TEXT,TEXT] [--match REGEX]
//                          [--rounds 3] [--calibration FOLDER] [--seconds 540]
//                          [--stages export,tune,build,bench,verify,profile,frames,folder]
//
// The folder is of pictures to calibrate INT8 and FP8 on (tools/sample-model/draw.py draws some); without one these rows
// are left out. Everything that is done is kept in DIR: started again, it goes on where it stopped. Rows stand in plan.mjs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rows as plan } from './plan.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values: options } = parseArgs({
  options: {
    work: { type: 'string' },
    out: { type: 'string' },
    maskforge: { type: 'string', default: join(root, 'bin', 'maskforge.cjs') },
    calibration: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: '' },
    match: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '86400' },
    stages: { type: 'string', default: 'export,tune,build,bench,verify,profile,frames,folder' },
  },
});
const work = resolve(options.work ?? '.cache/gpu');
const started = Date.now();
const stages = new Set(options.stages.split(','));
const words = options.only.split(',').filter((word) => word !== '');
const { calibration } = options;
const rows = plan
  .filter(({ group, name }) => words.length === 0 || words.some((word) => `${group}: ${name}`.includes(word)))
  .filter(({ group, name }) => new RegExp(options.match).test(`${group}: ${name}`))
  .filter(({ args, tune: found = [] }) => calibration !== undefined || ![...args, ...found].includes('CALIBRATION'));
const models = join(work, 'models');
const stateFile = join(work, 'state.json');
mkdirSync(models, { recursive: true });

/** By `group: name`: what has been done. */
const state = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {};

const keyOf = ({ group, name }) => `${group}: ${name}`;
const timeIsLeft = () => (Date.now() - started) / 1000 < Number(options.seconds);

function save() {
  // Renamed into place: a run that is stopped keeps what it had.
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}

/** @returns {object | { error: string }} what a command of the studio's terminal printed with --json */
function maskforge(...args) {
  const env = { ...process.env, MASKFORGE_HOME: join(work, 'home') };
  // What is ended by the clock goes on where it was, the next time.
  const timeout = Math.max(1000, Math.round(Number(options.seconds) * 1000 - (Date.now() - started)));
  const options_ = { encoding: 'utf8', env, maxBuffer: 1 << 28, timeout };
  const { stdout, stderr, status } = spawnSync(process.execPath, [options.maskforge, ...args, '--json'], options_);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  // A search that misses its target ends with 1, and has found something all the same.
  if (status === 0 || (status === 1 && args[0] === 'tune' && line.startsWith('{'))) return JSON.parse(line);
  return { error: (stderr.trim() || line).split('\n').slice(-6).join('\n') };
}

function say(text) {
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
}

function exportModels() {
  const files = [...new Set(rows.map(({ model }) => model).filter((model) => model.endsWith('.onnx')))];
  const script = join(root, 'tools', 'fixtures', 'export.py');
  for (const file of files.filter((name) => !existsSync(join(models, name)))) {
    const [variant = '', , , form = ''] = file.replace('.onnx', '').split('-');
    say(`exporting ${file}`);
    const args = [script, '--full', models, '--only', variant, '--forms', form];
    const made = spawnSync(options.python, args, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`exporting failed:\n${made.stderr}`);
  }
}

const modelOf = ({ model }) => (model.endsWith('.onnx') ? join(models, model) : model);

function sizeOf({ model, args }) {
  const side = /-(\d+)\.onnx$/.exec(model)?.[1];
  return side === undefined || args.includes('--min') ? [] : ['--shapes', `1x3x${side}x${side}`];
}

function filled(row, args) {
  const places = { CALIBRATION: resolve(calibration ?? ''), TUNING: state[keyOf(row)]?.tune?.file };
  return args.map((part) => places[part] ?? part);
}

function tune(row) {
  const key = keyOf(row);
  if (row.tune === undefined || (state[key]?.tune !== undefined && state[key].tune.error === undefined)) return;
  const found = maskforge('tune', modelOf(row), ...filled(row, row.tune), ...sizeOf(row));
  state[key] = { ...state[key], tune: found };
  save();
  say(`${key}: ${found.error ?? found.recommendation}`);
}

function build(row) {
  const key = keyOf(row);
  if (state[key]?.build !== undefined && state[key].build.error === undefined) return;
  if (row.tune !== undefined && state[key]?.tune?.file === undefined) return;
  const built = maskforge('build', modelOf(row), ...filled(row, row.args), ...sizeOf(row));
  state[key] = { ...state[key], build: built };
  save();
  const masks = built.proof ? `, ${(built.proof.pixelAgreement * 100).toFixed(2)} % as on ONNX Runtime` : '';
  say(`${key}: ${built.error ?? `built in ${built.buildSeconds.toFixed(1)} s, ${built.layers} layers${masks}`}`);
}

function bench(row, round) {
  const entry = state[keyOf(row)];
  if (entry?.build?.id === undefined || entry.bench?.[round] !== undefined) return;
  const shape = row.shape === undefined ? [] : ['--shape', row.shape];
  const report = maskforge('bench', entry.build.id, ...shape, ...(row.endToEnd ? ['--end-to-end'] : []));
  delete report.engine;
  entry.bench = { ...entry.bench, [round]: report };
  save();
  say(`${keyOf(row)}: ${report.error ?? `${report.gpuComputeTime.median.toFixed(4)} ms`}`);
}

function once(row, name, ...args) {
  const entry = state[keyOf(row)];
  if (entry?.build?.id === undefined || (entry[name] !== undefined && entry[name].error === undefined)) return;
  entry[name] = maskforge(...args.map((part) => (part === '@' ? entry.build.id : part)));
  save();
  if (entry[name].error) say(`${keyOf(row)}: ${name}: ${entry[name].error}`);
}

/** What passes through the studio as a whole, with the fastest engine of the sample model. */
const programs = {
  frames: { name: 'pipeline', result: 'pipeline', args: ['--frames', '2000', '--rounds', '3'] },
  folder: { name: 'batch', result: 'batch-engine', args: ['5000', '--rounds', '5'] },
};

/** A benchmark of the same program as `maskforge`; it lies in the folder that bundle.mjs packs. */
function measureStudio(stage) {
  const { name, result: kept, args } = programs[stage];
  const built = dirname(dirname(resolve(options.maskforge)));
  const file = join(built, 'out', 'bench', `${name}.cjs`);
  const id = rows
    .filter(({ group }) => group === 'sample model')
    .map((row) => ({ id: state[keyOf(row)]?.build?.id, ms: summary(row).gpuComputeMs }))
    .filter((engine) => engine.ms !== null)
    .sort((one, other) => one.ms - other.ms)[0]?.id;
  if (!existsSync(file) || id === undefined || (state[stage] !== undefined && !state[stage].error)) return;
  const result = join(built, 'bench', 'results', `${kept}.json`);
  mkdirSync(dirname(result), { recursive: true });
  const more = ['--engine', id, '--home', join(work, 'home')];
  const run = spawnSync(process.execPath, ['--expose-gc', file, ...args, ...more], { encoding: 'utf8', cwd: built });
  state[stage] = run.status === 0 ? JSON.parse(readFileSync(result, 'utf8')) : { error: run.stderr.trim().slice(-600) };
  save();
  say(`${stage}: ${state[stage].error ?? 'measured'}`);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Every choice that was tried, and what single blocks do. */
function curveOf({ points, ranking, keep, use, recommendation, isCut = false, ...how }) {
  const { target, compared, timedOn, wideAgreement, wideJudgedOn } = how;
  const curve = points.filter(({ kind }) => kind === 'without');
  const measured = { target, compared, timedOn, wideAgreement, wideJudgedOn };
  return { ...measured, use, recommendation, isCut, keep, curve, ranking };
}

/** What is published of a row. */
function summary(row) {
  const { tune: tuning, build: built, bench: benches = {}, verify, profile } = state[keyOf(row)] ?? {};
  const reports = Object.values(benches).filter(({ error }) => error === undefined);
  const errors = [tuning, built, ...Object.values(benches), verify, profile].flatMap((part) => part?.error ?? []);
  const times = reports.map(({ gpuComputeTime }) => gpuComputeTime.median);
  const endToEnd = reports.at(-1)?.endToEnd ?? [];
  const { recipe: _recipe, path: _path, ...engine } = built ?? {};
  return {
    ...row,
    ...(errors.length > 0 ? { errors } : {}),
    engine: built?.error === undefined ? engine : null,
    gpuComputeMs: times.length === 0 ? null : median(times),
    gpuComputeMsByRound: times,
    report: reports.at(-1) ?? null,
    overheadMs: endToEnd.map(({ pinned, overheadMs, stages: s }) => ({ pinned, overheadMs, total: s.total.median })),
    verify: verify === undefined || verify.error ? null : verify,
    slowest: profile?.layers?.slice(0, 25) ?? null,
    ...(tuning === undefined || tuning.error !== undefined ? {} : { tuning: curveOf(tuning) }),
  };
}

function write() {
  const results = rows.map(summary);
  for (const result of results) {
    const first = results.find(({ group }) => group === result.group);
    result.ratio = result.gpuComputeMs === null ? null : result.gpuComputeMs / (first?.gpuComputeMs ?? Number.NaN);
  }
  const report = results.find((result) => result.report !== null)?.report;
  const text = {
    benchmark: 'gpu',
    command: ['node bench/gpu/run.mjs', ...process.argv.slice(2)].join(' ').replaceAll(work, 'WORK'),
    date: new Date().toISOString().slice(0, 10),
    device: report?.device ?? null,
    driver: report?.driver ?? null,
    node: process.version,
    frames: state.frames ?? null,
    folder: state.folder ?? null,
    rows: results,
  };
  if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(text, null, 1)}\n`);
  for (const { group, name, gpuComputeMs, ratio, overheadMs, verify, errors } of results) {
    const figures =
      gpuComputeMs === null
        ? (errors?.[0] ?? 'not done').slice(0, 150)
        : `${gpuComputeMs.toFixed(4)} ms  ${ratio.toFixed(3)}`;
    const beside = overheadMs
      .map(({ pinned, overheadMs: ms }) => ` ${pinned ? 'pinned' : 'ordinary'} +${ms.toFixed(3)}`)
      .join('');
    const agreement = verify === null ? '' : `  agreement ${(verify.agreement.pixelAgreement * 100).toFixed(4)} %`;
    process.stdout.write(`${group}: ${name}  ${figures}${beside}${agreement}\n`);
  }
}

if (stages.has('export')) exportModels();
for (const row of rows) {
  if (stages.has('tune') && timeIsLeft()) tune(row);
  if (stages.has('build') && timeIsLeft()) build(row);
}
for (let round = 0; round < Number(options.rounds); round++)
  for (const row of rows) if (stages.has('bench') && timeIsLeft()) bench(row, round);
const scenes = join(root, 'resources', 'samples', 'scenes');
const pictures = join(work, 'scenes');
mkdirSync(pictures, { recursive: true });
for (const name of readdirSync(scenes))
  if (name.endsWith('.jpg')) copyFileSync(join(scenes, name), join(pictures, name));
for (const row of rows) {
  if (row.verify && stages.has('verify') && timeIsLeft())
    once(row, 'verify', 'verify', '@', '--images', pictures, '--masks', scenes);
  // A network of this project's exporter has random weights: masks can be compared, and are of nothing.
  if (row.agreeOn && stages.has('verify') && timeIsLeft())
    once(row, 'verify', 'verify', '@', '--images', pictures, '--limit', String(row.agreeOn));
  if (row.profile && stages.has('profile') && timeIsLeft())
    once(row, 'profile', 'engine', 'profile', '@', '--runs', '50');
}
for (const stage of Object.keys(programs)) if (stages.has(stage) && timeIsLeft()) measureStudio(stage);
write();
