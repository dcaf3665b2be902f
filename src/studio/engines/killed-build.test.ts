import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import {
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineSummary } from '../../shared/domain/engine';
import type { StandInSettings } from './testing/stand-in';
import { putStandIn } from './testing/stand-in';

/** A build in a process of its own, which is killed without a word: what stays behind must do no harm. */

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
