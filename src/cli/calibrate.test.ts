import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openModel } from '../onnx/model';
import { isOp, nodeLabel } from '../onnx/node';
import { bench, repository } from './testing';
import type { Bench } from './testing';

const tuningFile = z.object({ file: z.string() });
const engineFolder = z.object({ path: z.string() });
const NETWORK = join(repository, 'tools/fixtures/models/small/original-ts13-dynamic.onnx');

async function prepared(): Promise<Bench> {
  const here = bench();
  copyFileSync(NETWORK, join(here.cwd, 'net.onnx'));
  here.write('model.json', {
    format: 1,
    name: 'Small',
    file: 'net.onnx',
    preprocessing: {
      size: { mode: 'stretch', width: 96, height: 64 },
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
  });
  for (const name of ['a.png', 'b.png', 'deep/c.png']) await here.picture(join('pictures', name), 120, 80);
  return here;
}

describe('maskforge calibrate', () => {
  it('calibrates, writes table and network, and finds its cache again', async () => {
    const here = await prepared();
    here.write('pictures/broken.jpg', 'no picture');
    const isLinux = process.platform === 'linux';
    const latin = Buffer.from(join(here.cwd, 'pictures/caf\xe9.jpg'), 'latin1');
    if (isLinux) writeFileSync(latin, 'a name in Latin-1');
    const argv = ['calibrate', 'net.onnx', '--images', 'pictures', '--table', 'table.txt', '--out', 'int8.onnx'];
    const first = await here.run(argv);
    expect(first.stderr).toContain('skipped broken.jpg');
    if (isLinux) {
      expect(first.stderr).toContain('skipped caf\\xE9.jpg');
      rmSync(latin);
    }
    expect(first.stderr).toContain('3 pictures');
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('3 of 4 pictures');
    expect(here.files('.')).toEqual(expect.arrayContaining(['int8.onnx', 'table.txt']));
    const { graph } = await openModel(join(here.cwd, 'int8.onnx'));
    expect(graph.nodes.filter((node) => isOp(node, 'QuantizeLinear')).length).toBeGreaterThan(10);
    const [again] = (await here.run([...argv, '--json'])).json();
    expect(again).toMatchObject({ cached: 'whole', pictures: 3, found: 4, report: { format: 'int8', method: 'mse' } });
  });

  it.each([
    ['an empty folder', ['--images', 'nothing'], 'CALIBRATION_FOLDER_MISSING', 1],
    ['an unknown method', ['--images', 'pictures', '--method', 'guess'], 'Allowed choices', 2],
    ['no folder', [], '--images', 2],
    ['no pictures', ['--images', 'pictures', '--count', '0'], 'from 1 on', 2],
  ])('refuses %s', async (_, flags, told, code) => {
    const here = await prepared();
    const run = await here.run(['calibrate', 'net.onnx', ...flags]);
    expect(run.stderr).toContain(told);
    expect(run.code).toBe(code);
  });
});

describe('maskforge tune', () => {
  it('reaches a target, writes the network, and says what it kept', async () => {
    const here = await prepared();
    const argv = ['tune', 'net.onnx', '--images', 'pictures', '--count', '2', '--target-agreement', '0.5', '--json'];
    const run = await here.run([...argv, '--timing-seconds', '0', '--out', 'tuned.onnx']);
    const [result] = run.json();
    expect(result).toMatchObject({
      isReached: true,
      keep: [],
      gainSource: 'measured',
      recommendation: expect.stringMatching(/^INT8 is .* here: [\d.]+ against [\d.]+ ms/),
      compared: 1,
      chosen: 1,
      recipe: { runtime: { family: 'onnxruntime' } },
      points: [{ number: 1, kind: 'without', blocks: [] }],
    });
    // What `build` makes for a processor: linear layers only, with the blocks of the point kept.
    const tuned = await openModel(join(here.cwd, 'tuned.onnx'));
    const convolutions = tuned.graph.nodes.filter((node) => isOp(node, 'Conv'));
    const inEightBits = convolutions.filter((node) =>
      isOp(tuned.graph.producer(node.input[1] ?? ''), 'DequantizeLinear'),
    );
    expect([convolutions.length > 5, inEightBits]).toEqual([true, []]);
    const { file } = tuningFile.parse(result);
    const built = await here.run(['build', 'net.onnx', '--keep-from', `${file}#1`, '--json']);
    const [engine] = built.json();
    const made = await openModel(join(engineFolder.parse(engine).path, 'network.onnx'));
    expect(made.graph.nodes.map(nodeLabel)).toEqual(tuned.graph.nodes.map(nodeLabel));
    const wrong = await here.run(['build', 'net.onnx', '--keep-from', `${file}#7`]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('TUNING_POINT_UNKNOWN')]);
    here.write('not.json', '{"format": 1}');
    const nonsense = await here.run(['build', 'net.onnx', '--keep-from', 'not.json']);
    expect([nonsense.code, nonsense.stderr]).toEqual([1, expect.stringContaining('TUNING_DAMAGED')]);
  });

  it('shows every block and every point, and goes on with what was tried before', async () => {
    const here = await prepared();
    const wanted = ['--method', 'entropy', '--target-agreement', '1', '--no-timing'];
    const argv = ['tune', 'net.onnx', '--images', 'pictures', ...wanted];
    const first = await here.run(argv);
    expect(first.stderr).toContain('no other pictures');
    expect(first.stdout).toMatch(/8 bits\s+-\d/);
    expect(first.stdout).toMatch(/stage 1, block 1, attention/);
    expect(first.stdout).toMatch(/#1 {2}all in 8 bits: \d/);
    expect(first.stdout).toMatch(/reached {2}\d+\.\d\d % of the pixels agree on 3 pictures/);
    const again = await here.run(argv);
    expect(again.stdout).toBe(first.stdout);
  });

  it.each(['0', '1.5', 'all'])('refuses the target %s', async (target) => {
    const here = await prepared();
    const run = await here.run(['tune', 'net.onnx', '--images', 'pictures', '--target-agreement', target]);
    expect(run.stderr).toContain('such as 0.99');
    expect(run.code).toBe(2);
  });
});
