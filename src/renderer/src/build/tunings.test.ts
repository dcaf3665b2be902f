import { expect, it } from 'vitest';
import type { QuantizedKind } from '../../../shared/domain/quantization';
import { recipeSchema } from '../../../shared/domain/engine';
import type { Sought } from './tunings';
import { tuningFor } from './tunings';

const one = { batch: 1, height: 512, width: 512 };
const shapes = { min: one, opt: one, max: one };

function tuning(kinds: readonly QuantizedKind[], isHere = true) {
  const recipe = recipeSchema.parse({
    format: 1,
    model: { sha256: 'a'.repeat(64), weights: [], name: 'Street B0' },
    passes: [{ pass: 'quantize', format: 'int8', method: 'mse', kinds, keep: [], statistics: null }],
    shapes,
    precision: 'int8',
    builder: {
      ...{ typing: 'strong', tf32: false, level: null, workspaceBytes: null, versionCompatible: false },
      ...{ hardwareCompatibility: 'none', targets: [] },
    },
    runtime: { family: 'onnxruntime', version: '1.30.0' },
    device: { kind: 'cpu', arch: 'x64' },
  });
  return { recipe, isHere };
}

const elsewhere = tuning(['linear', 'attention'], false);
const attention = tuning(['linear', 'attention']);
const linear = tuning(['linear']);
const sought: Sought = { precision: 'int8', family: 'onnxruntime', shapes, kinds: null };

it.each<[string, Partial<Sought>, ReturnType<typeof tuning> | null]>([
  ['the newest of this machine', {}, attention],
  ['the one with the layers that were chosen', { kinds: ['linear'] }, linear],
  ['the one with these layers, and no fewer', { kinds: ['linear', 'attention'] }, attention],
  ['none with other layers', { kinds: ['attention'] }, null],
  ['none of another runtime', { family: 'tensorrt-10' }, null],
  ['none of another size', { shapes: { ...shapes, max: { ...one, batch: 2 } } }, null],
  ['none while sizes are not valid', { shapes: null }, null],
])('finds %s', (_, change, found) => {
  expect(tuningFor([elsewhere, attention, linear], { ...sought, ...change })).toBe(found);
});
