import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { observer, rtxBuilds } from './rtx-builds';

const small = join('tools', 'fixtures', 'models', 'small');
const precisions = ['fp32', 'fp16', 'bf16'] as const;
const forms = ['native', 'plugin'] as const;

/** All six combinations of precision and LayerNorm for every fixture, instead of three. */
const isFull = process.env['MASKFORGE_FULL_MATRIX'] === '1';

/**
 * Fixtures of one exporter, parsed and built by TensorRT for RTX: each in every precision, with the form of LayerNorm
 * that alternates from one to the next, so that every precision meets both forms many times.
 */
export function buildsFixturesOf(exporter: 'original' | 'transformers'): void {
  const { models, library, build } = rtxBuilds();
  const files = readdirSync(small).filter((file) => file.startsWith(exporter) && file.endsWith('.onnx'));
  const fixtures = files.map((file, place) => ({ file, place }));
  it.each(fixtures)('$file', async ({ file, place }) => {
    const model = await models.add(join(small, file));
    for (const [index, precision] of precisions.entries()) {
      for (const layerNorm of isFull ? forms : forms.slice((place + index) % 2).slice(0, 1)) {
        const told = observer();
        const engine = await build(model, { precision, layerNorm }, told);
        expect(engine.planBytes, `${precision} ${layerNorm}`).toBeGreaterThan(10_000);
        expect(engine.layerNorm).toBe(layerNorm);
        expect([...told.phases]).toEqual(['queue', 'prepare', 'rewrite', 'build', 'keep']);
        expect(told.shares).toEqual([...told.shares].sort((a, b) => a - b));
        expect(new Set(told.shares).size).toBeGreaterThan(10);
        await library.remove(engine.id);
      }
    }
  });
}
