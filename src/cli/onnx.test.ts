import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModel } from '../onnx/model';
import { bench, oddModels, repository } from './testing';

const small = (file: string): string => join(repository, 'tools/fixtures/models/small', file);

describe('maskforge onnx', () => {
  test('inspect --json is one object with findings of every pass', async () => {
    const { code, json } = await bench().run(['onnx', 'inspect', small('original-ts13-256.onnx'), '--json']);
    expect(code).toBe(0);
    const [report] = json();
    expect(report).toMatchObject({ file: 'original-ts13-256.onnx', nodes: 492, opsets: { 'ai.onnx': 13 } });
    const passes = report?.['passes'] as { pass: string; findings: unknown[] }[];
    expect(passes.find(({ pass }) => pass === 'fuse-layernorm')?.findings.length).toBe(22);
  });

  test('inspect says in words what is there', async () => {
    const { code, stdout } = await bench().run(['onnx', 'inspect', join(oddModels, 'tiny-unet.onnx')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/input +image +float32 \[n, 3, h, w\]/);
    expect(stdout).toContain('nothing found');
  });

  test('fix writes a model that verify finds equal and diff finds different', async () => {
    const work = bench();
    const source = small('original-ts13-256.onnx');
    const before = readFileSync(source);
    const fixed = await work.run(['onnx', 'fix', source, '-o', 'fixed.onnx', '--dynamic', '--json']);
    expect(fixed.code).toBe(0);
    expect(fixed.json()[0]).toMatchObject({ nodesBefore: 492, verdict: { isEqual: true } });
    expect(readFileSync(source).equals(before)).toBe(true);
    const model = await openModel(join(work.cwd, 'fixed.onnx'));
    expect(model.opset('')).toBe(17);
    const verified = await work.run(['onnx', 'verify', source, 'fixed.onnx', '--random', '1', '--json']);
    expect(verified.code).toBe(0);
    expect(verified.json()[0]).toMatchObject({ isEqual: true, pixelAgreement: 1, samples: ['random 1'] });
    const diff = await work.run(['onnx', 'diff', source, 'fixed.onnx', '--json']);
    expect(diff.json()[0]).toMatchObject({ isEqual: false, operators: { LayerNormalization: 22 } });
  });

  test('models that are not equal give the exit code 1, and --layers says where they part', async () => {
    const { code, stdout } = await bench().run([
      ...['onnx', 'verify', small('original-ts13-256.onnx'), small('original-ts13-256-fresh.onnx')],
      ...['--random', '1', '--tolerance', '1e-7', '--layers'],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('not equal');
  });

  test('verify takes pictures', async () => {
    const work = bench();
    await work.picture('pictures/one.png', 40, 30);
    const source = small('original-ts13-256.onnx');
    const { code, json } = await work.run(['onnx', 'verify', source, source, '--images', 'pictures', '--json']);
    expect(code).toBe(0);
    expect(json()[0]).toMatchObject({ samples: ['one.png'], isEqual: true });
  });

  test('convert and extract write models', async () => {
    const work = bench();
    const source = small('original-ts17-256.onnx');
    expect((await work.run(['onnx', 'convert', source, '-o', 'half.onnx', '--precision', 'fp16'])).code).toBe(0);
    const extract = ['onnx', 'extract', source, '-o', 'part.onnx', '-t', '/backbone/stages.0/embed/proj/Conv_output_0'];
    expect((await work.run([...extract, '--json'])).json()[0]).toMatchObject({ nodes: 1, inputs: ['image'] });
    for (const file of ['half.onnx', 'part.onnx']) await openModel(join(work.cwd, file));
  });

  test.each([
    ['onnx fix a.onnx -o a.onnx', 2, 'USAGE'],
    ['onnx fix a.onnx -o b.onnx --dynamic --height 64', 2, 'USAGE'],
    ['onnx verify a.onnx b.onnx --images x --random 2', 2, 'USAGE'],
    ['onnx inspect missing.onnx', 1, 'FILE_NOT_FOUND'],
    ['onnx fix a.onnx -o b.onnx --pass nonsense', 1, 'PASS_UNKNOWN'],
    ['onnx extract a.onnx -o b.onnx -t nowhere', 1, 'ONNX_VALUE_UNKNOWN'],
  ])('%s: %i', async (line, expected, error) => {
    const work = bench();
    work.copyModel('channels.onnx', 'a.onnx');
    const { code, stderr } = await work.run(line.split(' '));
    expect(stderr).toContain(`[${error}]`);
    expect(code).toBe(expected);
    expect(work.files('.')).toEqual(['a.onnx']);
  });
});
