import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from './testing';
import { bench } from './testing';

/* Input that nobody means well with, through whole command lines. */

/** A network whose logits are its input, which pixels of any colour overflow. */
async function overflowing(): Promise<Bench> {
  const here = bench();
  here.copyModel('channels-static.onnx', 'net/overflow.onnx');
  here.write('net/model.json', readFileSync(join('tools', 'fixtures', 'manifests', 'overflow.json')));
  await here.picture('pictures/a.png', 64, 64);
  return here;
}

describe('a network whose values are no finite numbers', () => {
  it('gives no mask, and no agreement either', async () => {
    const here = await overflowing();
    const masks = await here.run(['segment', 'pictures', '--model', 'net', '--out', 'masks']);
    expect(masks.stderr).toContain('[MODEL_OUTPUT_NOT_FINITE]');
    expect(masks.code).toBe(1);
    expect(here.files('masks')).toEqual([]);
    const flags = ['--runtime', 'onnxruntime', '--precision', 'fp32', '--verify', 'pictures'];
    const built = await here.run(['build', 'net', ...flags]);
    expect(built.stderr).toContain('[VERIFY_NOTHING_COMPARED]');
    expect(built.code).toBe(1);
    // What was built is whole, and nothing claims that it was compared.
    const [engine = ''] = readdirSync(join(here.data, 'engines')).filter((name) => /^[0-9a-f]{16}$/.test(name));
    expect(readdirSync(join(here.data, 'engines', engine))).not.toContain('verification.json');
  });
});

describe('names that are as long as a disk allows', () => {
  it('fail alone where their masks would have longer ones, and do not fail where they fit', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'net.onnx');
    const fits = '长'.repeat(80);
    for (const name of ['a', 'x'.repeat(250), fits, 'z']) await here.picture(`in/${name}.png`, 40, 30);
    const run = await here.run(['segment', 'in', '--model', 'net.onnx', '--out', 'out']);
    expect(run.stderr).toContain('[FILE_NAME_INVALID]');
    expect(run.code).toBe(1);
    expect(here.files('out')).toEqual(['a.index.png', 'z.index.png', `${fits}.index.png`]);
  });

  it('are told where a network is written', async () => {
    const here = bench();
    here.copyModel('tiny-unet.onnx', 'net.onnx');
    await here.picture('in/a.png', 64, 64);
    const run = await here.run(['calibrate', 'net.onnx', '--images', 'in', '--out', `${'x'.repeat(260)}.onnx`]);
    expect(run.stderr).toContain('[FILE_NOT_WRITABLE]');
    expect(run.stderr).not.toContain('bug');
  });
});

describe('a recipe', () => {
  it('is saved whole or not at all, and says why', async () => {
    const here = await overflowing();
    here.write('taken', 'a file');
    const flags = ['--runtime', 'onnxruntime', '--precision', 'fp32', '--save-recipe', join('taken', 'r.json')];
    const run = await here.run(['build', 'net', ...flags]);
    expect(run.stderr).toContain('[FILE_NOT_WRITABLE]');
    expect(run.stderr).not.toContain('bug');
    expect(run.code).toBe(1);
    const none = await here.run(['build', 'net', '--recipe', 'pictures']);
    expect(none.stderr).toContain('[FILE_IS_FOLDER]');
  });
});

describe('words that pass the command line and not the contract', () => {
  it.each([[['verify', '', '--images', '.']], [['engine', 'inspect', '']], [['bench', '']]])(
    'are wrong usage: %j',
    async (argv) => {
      const run = await bench().run(argv);
      expect(run.stderr).toContain('[USAGE]');
      expect(run.code).toBe(2);
    },
  );
});
