import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bench } from './testing';

const MODEL = ['--model', 'net.onnx'];

describe('maskforge segment', () => {
  it('tells of each picture and writes nothing unless it is told where', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    const { code, stdout } = await here.run(['segment', 'a.png', ...MODEL]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^a\.png {2}64x48 .* 100\.0 %\n$/)]);
    expect(here.files('.')).toEqual(['a.png', 'net.onnx']);
  });

  it('prints with --json exactly what scripts are promised', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    here.write('model.json', {
      format: 1,
      name: 'Channels',
      labels: ['red', 'green', 'blue'].map((name, id) => ({ id, name, color: [0, 0, id] })),
    });
    await here.picture('a.png');
    const { code, json } = await here.run(['segment', 'a.png', ...MODEL, '--out', 'masks', '--json']);
    expect(code).toBe(0);
    const number = expect.any(Number);
    expect(json()).toEqual([
      {
        file: 'a.png',
        width: 64,
        height: 48,
        model: 'net',
        runtime: 'onnxruntime',
        classes: [{ id: 0, label: 'red', share: 1 }],
        timingsNs: { decode: number, preprocess: number, infer: number, postprocess: number, total: number },
        mask: join(here.cwd, 'masks', 'a.index.png'),
        files: { index: join(here.cwd, 'masks', 'a.index.png') },
      },
    ]);
    const mask = await sharp(join(here.cwd, 'masks', 'a.index.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([mask.info.width, mask.info.height, new Set(mask.data)]).toEqual([64, 48, new Set([0])]);
  });

  it('keeps folders below the output, names no two masks alike, and puts tables into one file', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    for (const path of ['in/a.png', 'in/a.jpg', 'in/deep/er/a.png', 'in/b.webp']) await here.picture(path);
    const formats = ['--format', 'index,palette,overlay,csv,coco'];
    const { code, stdout } = await here.run(['segment', 'in', ...MODEL, '--out', 'masks', ...formats]);
    expect(code).toBe(0);
    const stems = ['a.jpg', 'a.png', 'b', 'deep/er/a'];
    const pictures = stems.flatMap((stem) => ['index', 'palette', 'overlay'].map((kind) => `${stem}.${kind}.png`));
    expect(here.files('masks')).toEqual([...pictures, 'masks.classes.csv', 'masks.coco.json'].sort());
    const csv = readFileSync(join(here.cwd, 'masks/masks.classes.csv'), 'utf8').trim().split('\r\n');
    expect(csv.slice(1).map((row) => row.split(',')[0])).toEqual([
      'in/a.jpg',
      'in/a.png',
      'in/b.webp',
      'in/deep/er/a.png',
    ]);
    const coco: unknown = JSON.parse(readFileSync(join(here.cwd, 'masks/masks.coco.json'), 'utf8'));
    expect(coco).toMatchObject({ images: { length: 4 }, annotations: { length: 4 } });
    expect(stdout).toMatch(/masks\.coco\.json/);
  });

  it('does the same again without new names, and takes a picture named twice once', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    for (let time = 0; time < 2; time += 1) {
      const { json } = await here.run(['segment', 'a.png', './a.png', ...MODEL, '-o', 'm', '--json']);
      expect(json()).toHaveLength(1);
    }
    expect(here.files('m')).toEqual(['a.index.png']);
  });

  it('reads a picture from stdin, and a model from its folder', async () => {
    const here = bench();
    here.copyModel('class-ids.onnx', 'nets/ids.onnx');
    const stdin = readFileSync(await here.picture('a.png'));
    const { code, json } = await here.run(['segment', '-', '--model', 'nets', '--out', 'm', '--json'], { stdin });
    expect([code, json()[0]]).toMatchObject([0, { file: '-', width: 64, model: 'ids' }]);
    expect(here.files('m')).toEqual(['stdin.index.png']);
  });

  it('leaves the library as it was after a model named by its path, and uses one named by its id', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    await here.run(['segment', 'a.png', ...MODEL]);
    expect((await here.run(['models', 'list', '--json'])).json().filter(({ bundled }) => bundled !== true)).toEqual([]);
    await here.run(['models', 'add', 'net.onnx']);
    const { json } = await here.run(['segment', 'a.png', '--model', 'net', '--json']);
    expect(json()[0]).toMatchObject({ model: 'net' });
    await here.run(['segment', 'a.png', ...MODEL]);
    expect((await here.run(['models', 'list', '--json'])).json().map(({ id }) => id)).toContain('net');
  });

  it('names each input that fails, goes on with the others, and ends with 1', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    const good = readFileSync(await here.picture('good.png'));
    here.write('empty.png', '');
    here.write('text.jpg', 'this is no picture');
    here.write('page.png', '%PDF-1.7\n1 0 obj\n');
    here.write('half.png', good.subarray(0, good.length >> 1));
    here.write('folder/readme.txt', 'nothing to see');
    const inputs = ['absent.png', 'empty.png', 'text.jpg', 'page.png', 'half.png', 'folder', 'good.png'];
    const { code, json } = await here.run(['segment', ...inputs, ...MODEL, '--out', 'm', '--json']);
    expect(code).toBe(1);
    const lines = json();
    expect(lines.map(({ file }) => file)).toEqual(inputs);
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatchObject({
        error: {
          code: expect.stringMatching(/^(FILE|IMAGE|PICTURE|FOLDER)_/),
          message: expect.stringMatching(/\w/),
          hint: expect.stringMatching(/\w/),
        },
      });
      expect(line).not.toHaveProperty('error.stack');
    }
    expect(lines.at(-1)).toMatchObject({ width: 64 });
    expect(here.files('m')).toEqual(['good.index.png']);
    const human = await here.run(['segment', ...inputs, ...MODEL]);
    expect(human.code).toBe(1);
    for (const name of inputs.slice(0, -1)) expect(human.stderr).toContain(`error ${name}: `);
    expect(human.stderr).toContain('1 of 7 done, 6 failed');
  });

  it.each([
    ['truncated.onnx', 'ONNX_TRUNCATED'],
    ['not-onnx.onnx', 'ONNX_NOT_ONNX'],
    ['empty.onnx', 'ONNX_EMPTY_FILE'],
    ['two-inputs.onnx', 'ONNX_INPUT_COUNT'],
    ['no-input.onnx', 'ONNX_INPUT_COUNT'],
    ['five-d-input.onnx', 'ONNX_INPUT_UNSUPPORTED'],
    ['vector-output.onnx', 'ONNX_OUTPUT_UNSUPPORTED'],
    ['custom-op.onnx', expect.stringMatching(/OPERATOR|ONNX_|MODEL_/)],
    ['cycle.onnx', expect.stringMatching(/^ONNX_/)],
    ['dangling-input.onnx', expect.stringMatching(/^ONNX_/)],
    ['external-escape.onnx', expect.stringMatching(/^ONNX_EXTERNAL/)],
    ['external-missing.onnx', expect.stringMatching(/^ONNX_EXTERNAL/)],
    ['opset-99.onnx', expect.stringMatching(/^ONNX_/)],
    ['wrong-initializer-size.onnx', expect.stringMatching(/^ONNX_/)],
  ])('refuses the network %s and names it', async (fixture, code) => {
    const here = bench();
    here.copyModel(fixture, `nets/${fixture}`);
    await here.picture('a.png');
    const run = await here.run(['segment', 'a.png', '--model', `nets/${fixture}`]);
    expect(run.code).toBe(1);
    const [, printed = ''] = /\[([A-Z_]+)\]/.exec(run.stderr) ?? [];
    expect(printed).toEqual(code);
    expect(run.stderr).toContain(fixture);
    expect(run.stderr.trim().split('\n').length).toBeGreaterThan(1);
    expect(run.stderr).not.toMatch(/at .*\.ts:\d+|This is a bug/);
  });

  it.each([
    [{ labels: [{ id: 9, name: 'x', color: [0, 0, 0] }] }, 'MODEL_MANIFEST_CONTRADICTS', /labels\[0\]\.id/],
    [{ lables: [] }, 'MODEL_MANIFEST_INVALID', /Did you mean "labels"/],
  ])('refuses a model.json with %j', async (part, code, message) => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    here.write('model.json', { format: 1, name: 'x', ...part });
    await here.picture('a.png');
    const { code: exit, stderr } = await here.run(['segment', 'a.png', ...MODEL]);
    expect(exit).toBe(1);
    expect(stderr).toContain(code);
    expect(stderr).toMatch(message);
  });

  it.each([
    [[], /missing required argument/],
    [['a.png', '--format', 'gif', '--out', 'm'], /"gif" is none of/],
    [['a.png', '--format', 'index'], /Add --out/],
    [['a.png', '--threads', 'many'], /whole number/],
    [['a.png', '--colour'], /unknown option/],
    [['.', ...MODEL, '--out', 'masks'], /lies within the input folder/],
  ])('ends with 2 for %j', async (argv, message) => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    const { code, stderr, stdout } = await here.run(['segment', ...argv]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('leaves nothing half-written where the output folder cannot be', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    here.write('m', 'a file where the folder should be');
    const { code, stderr } = await here.run(['segment', 'a.png', ...MODEL, '--out', 'm']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/EXPORT_/);
    expect(here.files('.')).toEqual(['a.png', 'm', 'net.onnx']);
    const { json } = await here.run(['segment', 'a.png', 'b.png', ...MODEL, '--out', 'm', '--json']);
    expect(json()).toMatchObject([
      { file: 'a.png', error: { code: expect.stringMatching(/^EXPORT_/) } },
      { file: 'b.png', error: { code: 'NOT_TRIED' } },
    ]);
    if (process.getuid?.() === 0) return;
    await here.picture('read-only/keep.png');
    chmodSync(join(here.cwd, 'read-only'), 0o500);
    expect((await here.run(['segment', 'a.png', ...MODEL, '--out', 'read-only'])).code).toBe(1);
    expect(here.files('read-only')).toEqual(['keep.png']);
  });

  it('stops at Ctrl+C with 130, with every file that is there whole', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    for (let number = 0; number < 20; number += 1) await here.picture(`in/${number}.png`);
    const interrupt = new AbortController();
    const { code, stdout } = await here.run(['segment', 'in', ...MODEL, '--out', 'm', '--json'], {
      signal: interrupt.signal,
      onStdout: () => interrupt.abort(),
    });
    expect(code).toBe(130);
    const told = stdout.trim().split('\n').length;
    expect(told).toBeLessThan(20);
    const files = here.files('m');
    expect(files.filter((name) => !name.endsWith('.index.png'))).toEqual([]);
    for (const name of files) expect((await sharp(join(here.cwd, 'm', name)).metadata()).width).toBe(64);
    expect((await here.run(['models', 'list', '--json'])).json().some(({ id }) => id === 'net')).toBe(false);
  });

  it('draws a bar on a terminal, and neither bar nor colour elsewhere', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    await here.picture('a.png');
    const terminal = await here.run(['segment', 'a.png', ...MODEL], { tty: true });
    expect(terminal.stderr).toMatch(/░/);
    const plain = await here.run(['segment', 'a.png', 'absent.png', ...MODEL]);
    expect(plain.stdout + plain.stderr).not.toContain('\u001b');
    const colorless = await here.run(['segment', 'absent.png', ...MODEL], { tty: true, env: { NO_COLOR: '1' } });
    expect(colorless.stderr).not.toContain('\u001b[3');
    expect(existsSync(join(here.data, 'uploads'))).toBe(false);
  });
});
