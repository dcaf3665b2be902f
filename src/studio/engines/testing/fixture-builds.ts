import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observer, rtxBuilds } from './rtx-builds';

const small = join('tools', 'fixtures', 'models', 'small');
const precisions = ['fp32', 'fp16', 'bf16'] as const;
const forms = ['native', 'plugin'] as const;

/** All six combinations of precision and LayerNorm for every fixture, instead of two. */
const isFull = process.env['MASKFORGE_FULL_MATRIX'] === '1';

const combinations = precisions.flatMap((precision) => forms.map((layerNorm) => ({ precision, layerNorm })));

/**
 * Fixtures of one exporter, parsed and built by TensorRT for RTX: each with both forms of LayerNorm, in two precisions
 * that change from one fixture to the next, so that every combination is met many times.
 */
export function buildsFixturesOf(exporter: 'original' | 'transformers'): void {
  const { models, library, build } = rtxBuilds();
  const files = readdirSync(small).filter((file) => file.startsWith(exporter) && file.endsWith('.onnx'));
  const fixtures = files.map((file, place) => ({ file, place }));
  it.each(fixtures)('$file', async ({ file, place }) => {
    const model = await models.add(join(small, file));
    const first = (2 * place) % combinations.length;
    const second = (first + 3) % combinations.length;
    for (const [index, { precision, layerNorm }] of combinations.entries()) {
      if (!isFull && index !== first && index !== second) continue;
      const told = observer();
      const engine = await build(model, { precision, layerNorm }, told);
      expect(engine.planBytes, `${precision} ${layerNorm}`).toBeGreaterThan(10_000);
      expect(engine.layerNorm).toBe(layerNorm);
      expect([...told.phases]).toEqual(['queue', 'prepare', 'rewrite', 'build', 'keep']);
      expect(told.shares).toEqual([...told.shares].sort((a, b) => a - b));
      expect(new Set(told.shares).size).toBeGreaterThan(10);
      await library.remove(engine.id);
    }
  });
}
