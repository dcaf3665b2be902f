import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build as bundle } from 'esbuild';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineSummary } from '../../shared/domain/engine';
import type { Tuning } from '../../shared/domain/tuning';
import type { StandInSettings } from './testing/stand-in';
import { putStandIn } from './testing/stand-in';

/** Work in a process of its own, which is killed without a word: what stays behind must do no harm, and what was found is kept. */

const repository = resolve(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'maskforge-killed-'));
const launcher = join(folder, 'launch.cjs');
const data = join(folder, 'data');
const native = putStandIn(join(folder, 'native'));
const model = join(repository, 'tools/fixtures/models/small/original-ts13-256.onnx');

beforeAll(async () => {
  await bundle({
    absWorkingDir: repository,
    entryPoints: ['src/cli/index.ts'],
    outfile: join(folder, 'cli.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['electron', 'onnxruntime-node', 'sharp', '@img/*'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('url').pathToFileURL(__filename).href;" },
    logLevel: 'silent',
  });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(launcher, `require('./cli.cjs').main(${JSON.stringify(repository)})`);
  mkdirSync(data);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(argv: readonly string[], settings: StandInSettings = {}): ChildProcess {
  const env = { PATH: process.env['PATH'], MASKFORGE_HOME: data, ...native, ...settings };
  return spawn(process.execPath, [launcher, ...argv], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function run(
  argv: readonly string[],
  settings: StandInSettings = {},
): Promise<{ code: number | null; out: string }> {
  const child = start(argv, settings);
  let out = '';
  child.stdout?.on('data', (piece) => (out += String(piece)));
  child.stderr?.on('data', (piece) => (out += String(piece)));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, out };
}

/** Kills the build when half of its plan is on the disk. */
async function killWhileBuilding(argv: readonly string[], signal: NodeJS.Signals): Promise<number | null> {
  const child = start(argv, { STAND_IN_STEP_MS: '20', STAND_IN_STEPS: '150' });
  const ended = new Promise<number | null>((done) => child.on('close', done));
  const engines = join(data, 'engines');
  const hasHalf = (): boolean =>
    existsSync(engines) &&
    readdirSync(engines).some((name) => existsSync(join(engines, name, 'engine.plan')) && name.startsWith('.'));
  while (!hasHalf()) await new Promise((done) => setTimeout(done, 20));
  child.kill(signal);
  return ended;
}

const visible = (): string[] => readdirSync(join(data, 'engines')).filter((name) => !name.startsWith('.'));
const hidden = (): string[] => readdirSync(join(data, 'engines')).filter((name) => name.startsWith('.building'));

describe('a process that is killed while it builds', () => {
  it('leaves no part of an engine where engines are looked for, and the timing cache as it was', async () => {
    const first = await run(['build', model, '--precision', 'fp32', '--json']);
    expect(first, first.out).toMatchObject({ code: 0 });
    const cache = join(data, 'cache', 'timing', 'tensorrt-10-10.6.0-stand-in-gpu-sm90.cache');
    const before = readFileSync(cache);
    const { id } = JSON.parse(first.out.split('\n').find((line) => line.startsWith('{')) ?? '') as EngineSummary;
    await killWhileBuilding(['build', model, '--precision', 'bf16'], 'SIGKILL');
    expect(visible()).toEqual([id]);
    expect(hidden()).toHaveLength(1);
    expect(readFileSync(cache)).toEqual(before);
    // The next build clears up, and finds everything in order.
    const next = await run(['build', model, '--precision', 'bf16', '--json']);
    expect(next, next.out).toMatchObject({ code: 0 });
    expect(hidden()).toEqual([]);
    expect(visible()).toHaveLength(2);
  }, 90_000);

  it('clears up by itself when it is asked to stop', async () => {
    const before = visible();
    expect(await killWhileBuilding(['build', model, '--precision', 'fp16'], 'SIGINT')).toBe(130);
    expect(visible()).toEqual(before);
    expect(hidden()).toEqual([]);
  }, 90_000);
});

describe('a search that is killed', () => {
  const network = join(folder, 'searched');
  const tunings = join(data, 'tunings');
  // With these kept there are few left to try.
  const parts = ['embedding', 'block 1, attention', 'block 1, feed-forward'];
  const kept = [2, 3, 4].flatMap((stage) => parts.map((part) => `stage ${stage}, ${part}`));
  const few = ['--count', '2', '--compared', '1', '--target-agreement', '1', '--keep', kept.join(';')];
  const argv = ['tune', join(network, 'net.onnx'), '--images', network, '--plugins', 'none', ...few];

  beforeAll(async () => {
    mkdirSync(network);
    copyFileSync(join(repository, 'tools/fixtures/models/small/original-ts13-dynamic.onnx'), join(network, 'net.onnx'));
    const size = { mode: 'stretch', width: 96, height: 64 };
    const preprocessing = { size, scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const description = { format: 1, name: 'Searched', file: 'net.onnx', preprocessing };
    writeFileSync(join(network, 'model.json'), JSON.stringify(description));
    for (let index = 0; index < 3; index += 1) {
      const pixels = Buffer.from(
        Array.from({ length: 96 * 64 * 3 }, (_, at) => (at * (index + 3) + (at % 29) * 7) % 256),
      );
      await sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } }).toFile(join(network, `${index}.png`));
    }
  });

  function found(): Tuning | null {
    const [name] = existsSync(tunings) ? readdirSync(tunings).filter((each) => each.endsWith('.json')) : [];
    return name === undefined ? null : (JSON.parse(readFileSync(join(tunings, name), 'utf8')) as Tuning);
  }

  it('keeps every point, and goes on from there', async () => {
    const child = start(argv, { STAND_IN_STEP_MS: '10' });
    let out = '';
    child.stderr?.on('data', (piece) => (out += String(piece)));
    const ended = new Promise<NodeJS.Signals | null>((done) => child.on('close', (_, signal) => done(signal)));
    let isOver = false;
    void ended.then(() => (isOver = true));
    while ((found()?.points.length ?? 0) < 2 && !isOver) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    expect(await ended, out).toBe('SIGKILL');
    const before = found();
    expect(before).toMatchObject({ isFinished: false });
    const again = await run([...argv, '--json']);
    const after = JSON.parse(again.out.split('\n').find((line) => line.startsWith('{')) ?? '') as Tuning;
    expect(after).toMatchObject({ key: before?.key, isFinished: true });
    expect(after.points.slice(0, before?.points.length)).toEqual(before?.points);
    expect(after.points.length).toBeGreaterThan(before?.points.length ?? 0);
    expect(after.points.every(({ judgedOn }) => judgedOn === 'device')).toBe(true);
  }, 90_000);
});
