import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from './testing';
import { bench } from './testing';

/* Input that nobody means well with, through whole command lines. */

/** A network whose logits are its input, which pixels of any colour overflow. */
async function overflowing(): Promise<Bench> {
  const here = bench();
  here.copyModel('channels-static.onnx', 'net/model.onnx');
  here.write('net/model.json', {
    format: 1,
    name: 'Overflow',
    file: 'model.onnx',
    labels: ['red', 'green', 'blue'].map((name, id) => ({ id, name, color: [0, 0, 0] })),
    preprocessing: {
      size: { mode: 'stretch', width: 96, height: 64 },
      resample: 'bilinear',
      channelOrder: 'rgb',
      scale: 3e38,
      mean: [0, 0, 0],
      std: [1e-30, 1e-30, 1e-30],
    },
    output: { kind: 'logits' },
  });
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
