import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyModel } from '../../onnx/copy';
import { openModel } from '../../onnx/model';
import type { OnnxModel } from '../../onnx/model';
import { verifyModels } from '../../onnx/verify';
import { randomSamples, sampleSize } from '../../onnx/verify/samples';
import { applySteps, layerNormValues } from './apply-recipe';

const fixture = join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx');

function count({ graph }: OnnxModel, domain: string, ...types: string[]): number {
  return graph.nodes.filter((node) => node.domain === domain && types.includes(node.opType)).length;
}

describe('the passes of a recipe', () => {
  it('run in their order, and what results computes the same', async () => {
    const original = await openModel(fixture);
    const model = copyModel(original);
    const told: string[] = [];
    const reports = await applySteps(
      model,
      [
        { pass: 'make-dynamic' },
        { pass: 'set-shapes', batch: 1, height: 256, width: 256 },
        { pass: 'simplify' },
        { pass: 'fuse-layernorm', form: 'native' },
        { pass: 'fold-decode-head' },
      ],
      { onStep: ({ pass }) => told.push(pass) },
    );
    expect(reports.map(({ pass }) => pass)).toEqual(told);
    expect(reports[3]?.findings).toHaveLength(22);
    const samples = randomSamples(1, sampleSize(original));
    expect((await verifyModels(original, model, { samples, tolerance: { relative: 1e-3 } })).isEqual).toBe(true);
  });

  it('stop between two of them when they are cancelled', async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const work = applySteps(await openModel(fixture), [{ pass: 'simplify' }, { pass: 'fold-decode-head' }], {
      signal: stop.signal,
      onStep: ({ pass }) => {
        told.push(pass);
        stop.abort();
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(told).toEqual(['simplify']);
  });

  it('make the chosen LayerNorms plugins and the others native', async () => {
    const model = await openModel(fixture);
    const all = await layerNormValues(model, ['*']);
    expect(all).toHaveLength(22);
    const [first = '', second = ''] = all;
    const chosen = await layerNormValues(model, [first, second]);
    expect(chosen).toEqual([first, second]);
    await applySteps(model, [
      { pass: 'simplify' },
      { pass: 'fuse-layernorm', form: 'native' },
      { pass: 'fuse-layernorm', form: 'plugin', only: chosen },
    ]);
    expect(count(model, 'maskforge', 'LayerNorm')).toBe(2);
    expect(count(model, '', 'LayerNormalization')).toBe(20);
  });

  it('know no LayerNorm that is not there', async () => {
    const model = await openModel(fixture);
    await expect(layerNormValues(model, ['nothing*'])).rejects.toMatchObject({
      code: 'LAYERNORM_UNKNOWN',
      hint: expect.stringMatching(/A name is, for example/),
    });
  });
});
