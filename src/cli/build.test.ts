import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { putStandIn } from '../studio/engines/testing/stand-in';
import { bench, repository } from './testing';
import type { Bench, CliRun } from './testing';

/* Whole command lines, with a stand-in for the native addon. */

const NETWORK = join(repository, 'tools/fixtures/models/small/original-ts13-256.onnx');

async function prepared(): Promise<Bench & { build(...flags: string[]): Promise<CliRun> }> {
  const here = bench();
  copyFileSync(NETWORK, join(here.cwd, 'net.onnx'));
  for (const name of ['a.png', 'b.png', 'deep/c.png']) await here.picture(join('pictures', name), 120, 80);
  const env = { PATH: process.env['PATH'] ?? '', ...putStandIn(join(here.cwd, 'native')) };
  process.env['STAND_IN_PROJECT'] = repository;
  return { ...here, build: (...flags) => here.run(['build', 'net.onnx', '--json', ...flags], { env }) };
}
afterEach(() => {
  delete process.env['STAND_IN_PROJECT'];
  delete process.env['STAND_IN_FAULT'];
});

describe('maskforge build in 8 bits', () => {
  it('calibrates on a folder, and does it again elsewhere from the recipe alone', async () => {
    const here = await prepared();
    const flags = ['--precision', 'int8', '--calibrate', 'pictures', '--count', '2', '--method', 'entropy'];
    const first = await here.build(...flags, '--keep', 'stage 1, embedding', '--save-recipe', 'a.json');
    expect(first.stderr).toBe('');
    const [engine] = first.json();
    expect(engine).toMatchObject({ precision: 'int8' });
    expect(engine?.['recipe']).toMatchObject({ precision: 'int8' });
    const recipe = readFileSync(join(here.cwd, 'a.json'), 'utf8');
    expect(recipe).toMatch(/"method": "entropy"[^]*"keep": \[\s*"stage 1, embedding"\s*\]/);
    const graph = readFileSync(join(String(engine?.['path']), 'network.onnx'));
    // Another machine: the network, the recipe and what was saved beside it.
    rmSync(here.data, { recursive: true });
    rmSync(join(here.cwd, 'pictures'), { recursive: true });
    const [again] = (await here.build('--recipe', 'a.json')).json();
    expect(again?.['id']).toBe(engine?.['id']);
    expect(readFileSync(join(String(again?.['path']), 'network.onnx')).equals(graph)).toBe(true);
    rmSync(here.data, { recursive: true });
    rmSync(join(here.cwd, 'a.calibration.json'));
    const without = await here.build('--recipe', 'a.json');
    expect(without.code).toBe(1);
    expect(without.stdout + without.stderr).toContain('CALIBRATION_MISSING');
  });

  it('takes what maskforge calibrate found', async () => {
    const here = await prepared();
    const found = await here.run(['calibrate', 'net.onnx', '--images', 'pictures', '--cache', 'ranges.json']);
    expect(found.code).toBe(0);
    const run = await here.build('--precision', 'int8', '--calibration', 'ranges.json');
    expect(run.json()).toMatchObject([{ precision: 'int8' }]);
    const more = await here.build(
      '--precision',
      'int8',
      '--calibration',
      'ranges.json',
      '--layers',
      'linear,attention',
    );
    expect(more.code).toBe(1);
    expect(more.stdout + more.stderr).toMatch(/ranges\.json has no ranges of attention.*CALIBRATION_CACHE_FOREIGN/s);
    const layers = ['--layers', 'attention,linear', '--calibrate', 'pictures', '--count', '1'];
    const [both] = (await here.build('--precision', 'int8', ...layers)).json();
    expect(JSON.stringify(both?.['recipe'])).toContain('"kinds":["linear","attention"]');
  });

  it.each([
    ['pictures for 16 bits', ['--calibrate', 'pictures'], '--calibrate is for networks in 8 bits', 2],
    ['a method that nobody knows', ['--precision', 'int8', '--method', 'guess'], 'Allowed choices', 2],
    ['a count of no pictures', ['--precision', 'int8', '--count', '3'], 'there is no folder', 2],
    ['8 bits without ranges', ['--precision', 'int8'], 'CALIBRATION_NEEDED', 1],
  ])('refuses %s', async (_, flags, told, code) => {
    const run = await (await prepared()).build(...flags);
    expect(run.stdout + run.stderr).toContain(told);
    expect(run.code).toBe(code);
  });
});

describe('a GPU that is lost', () => {
  /** White pictures lose it, until the next process; each run is one. */
  async function losing(): Promise<{ engine: string; run(...argv: string[]): Promise<CliRun> }> {
    const here = await prepared();
    const engine = String((await here.build('--precision', 'fp32')).json()[0]?.['id']);
    const white = { width: 64, height: 64, channels: 3, background: 'white' } as const;
    await sharp({ create: white }).toFile(join(here.cwd, 'pictures', 'aa.png'));
    process.env['STAND_IN_FAULT'] = 'yes';
    let runs = 0;
    const run = (...argv: string[]): Promise<CliRun> => {
      const env = { PATH: process.env['PATH'] ?? '', ...putStandIn(join(here.cwd, `native-${++runs}`)) };
      return here.run([...argv, '--json'], { env });
    };
    return { engine, run };
  }

  it('ends maskforge segment, which names the picture and tries no other', async () => {
    const { engine, run } = await losing();
    const pictures = ['a.png', 'aa.png', 'b.png'].map((name) => `pictures/${name}`);
    const done = await run('segment', ...pictures, '--engine', engine);
    expect(done.code).toBe(1);
    expect(done.json()).toMatchObject([
      { file: expect.stringContaining('a.png'), runtime: 'tensorrt' },
      { file: expect.stringContaining('aa.png'), error: { code: 'DEVICE_LOST' } },
      { file: expect.stringContaining('b.png'), error: { code: 'NOT_TRIED', message: expect.stringMatching(/GPU/) } },
    ]);
  });

  it('ends maskforge batch, which the next time does all others first', async () => {
    const { engine, run } = await losing();
    const batch = () => run('batch', 'pictures', '--out', 'masks', '--workers', '1', '--engine', engine);
    const first = await batch();
    expect([first.code, first.stdout + first.stderr]).toEqual([1, expect.stringContaining('DEVICE_LOST')]);
    expect(first.json().at(-1)).toMatchObject({ done: 1, failed: 1, left: 2 });
    expect((await batch()).json().at(-1)).toMatchObject({ done: 2, skipped: 1, failed: 1, left: 0 });
  });

  it('ends what judges an engine by its masks, too', async () => {
    const { engine, run } = await losing();
    const verified = await run('verify', engine, '--images', 'pictures');
    const compared = await run('compare', 'pictures', '--engines', engine, '--model', 'net.onnx');
    for (const { code, stdout, stderr } of [verified, compared])
      expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/aa\.png: The engine [^]*DEVICE_LOST/)]);
  });
});
