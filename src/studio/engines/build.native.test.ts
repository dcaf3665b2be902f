import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/app-error';
import type { BuildOrderInput, EngineSummary } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { ModelLibrary } from '../library/model-library';
import type { BuildObserver } from './build-engine';
import { EngineBuilder } from './build-engine';
import { EngineLibrary } from './engine-library';
import { TimingCache } from './timing-cache';

/*
 * Every graph of the fixtures, in every precision and with both forms of LayerNorm, parsed and built by TensorRT for RTX
 * through our own addon. That family builds without a GPU; nothing is run here.
 */

const small = join('tools', 'fixtures', 'models', 'small');
const odd = join('tools', 'fixtures', 'models', 'odd');
const precisions = ['fp32', 'fp16', 'bf16'] as const;
const forms = ['native', 'plugin'] as const;

/** Fixtures of which no engine can be made, with the code that says why. All others are built. */
const REFUSED: Readonly<Record<string, string>> = {
  // An operator of a domain that no plugin of ours serves.
  'custom-op.onnx': 'ONNX_PLUGIN_MISSING',
  // Broken files, and operator sets that nobody supports.
  'cycle.onnx': 'ONNX_CYCLE',
  'dangling-input.onnx': 'ONNX_DANGLING_INPUT',
  'empty.onnx': 'ONNX_EMPTY_FILE',
  'external-escape.onnx': 'ONNX_EXTERNAL_ESCAPES',
  'external-missing.onnx': 'ONNX_EXTERNAL_MISSING',
  'not-onnx.onnx': 'ONNX_NOT_ONNX',
  'opset-6.onnx': 'ONNX_OPSET_UNSUPPORTED',
  'opset-99.onnx': 'ONNX_OPSET_UNSUPPORTED',
  'truncated.onnx': 'ONNX_TRUNCATED',
  'wrong-initializer-size.onnx': 'ONNX_INITIALIZER_SIZE',
  // Networks that segment no pictures.
  'five-d-input.onnx': 'ONNX_INPUT_UNSUPPORTED',
  'no-input.onnx': 'ONNX_INPUT_COUNT',
  'two-inputs.onnx': 'ONNX_INPUT_COUNT',
  'vector-output.onnx': 'ONNX_OUTPUT_UNSUPPORTED',
};

const data = mkdtempSync(join(tmpdir(), 'maskforge-native-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const libraries = new TensorRtLibraries({ dataDirectory: data });
const models = new ModelLibrary({ dataDirectory: data, resourcesDirectory: join(data, 'none') });
const library = new EngineLibrary({ dataDirectory: data, machine: async () => ({ families: [], devices: [] }) });
// A builder makes one engine at a time; two of them use both cores of a small machine.
const builders = forms.map(
  () => new EngineBuilder({ libraries, library, timing: new TimingCache(data), calibrations: join(data, 'none') }),
);

interface Told {
  readonly shares: number[];
  readonly phases: Set<string>;
}

function observer(signal = new AbortController().signal): BuildObserver & Told {
  const shares: number[] = [];
  const phases = new Set<string>();
  return {
    signal,
    shares,
    phases,
    phase: (phase) => void phases.add(phase),
    progress: (share) => void shares.push(share),
    timeLeft: () => undefined,
    log: () => undefined,
  };
}

async function build(model: ModelSummary, order: BuildOrderInput, told = observer()): Promise<EngineSummary> {
  const full = buildOrderSchema.parse({ runtime: 'tensorrt-rtx', fresh: true, level: 0, ...order });
  const builder = builders[order.layerNorm === 'plugin' ? 1 : 0];
  if (builder === undefined) throw new Error('There is a builder for each form.');
  return builder.build(model, full, told);
}

beforeAll(async () => {
  const { library: opened } = await libraries.open('tensorrt-rtx');
  expect(opened.buildsWithoutDevice).toBe(true);
});

async function check(
  model: ModelSummary,
  precision: (typeof precisions)[number],
  layerNorm: (typeof forms)[number],
): Promise<void> {
  const told = observer();
  const engine = await build(model, { precision, layerNorm }, told);
  expect(engine.planBytes, `${precision} ${layerNorm}`).toBeGreaterThan(10_000);
  expect(engine.layerNorm).toBe(layerNorm);
  expect([...told.phases]).toEqual(['queue', 'prepare', 'rewrite', 'build', 'keep']);
  expect(told.shares).toEqual([...told.shares].sort((a, b) => a - b));
  expect(new Set(told.shares).size).toBeGreaterThan(10);
}

describe('every small fixture is built by TensorRT for RTX', () => {
  const files = readdirSync(small).filter((file) => file.endsWith('.onnx'));
  it.each(files)('%s', async (file) => {
    const model = await models.add(join(small, file));
    for (const precision of precisions) await Promise.all(forms.map((layerNorm) => check(model, precision, layerNorm)));
    await Promise.all((await library.list()).map(({ id }) => library.remove(id)));
  });
});

describe('odd fixtures', () => {
  const fixtures = readdirSync(odd).filter((file) => file.endsWith('.onnx'));
  const builds = async (file: string): Promise<EngineSummary> => {
    const model = await models.add(join(odd, file));
    const shape = { batch: 1, height: model.input.height ?? 64, width: model.input.width ?? 96 };
    return build(model, { precision: 'fp32', shapes: { min: shape, opt: shape, max: shape } });
  };

  it.each(fixtures.filter((file) => !(file in REFUSED)))('%s is built', async (file) => {
    expect(await builds(file)).toMatchObject({ precision: 'fp32' });
  });

  it.each(Object.entries(REFUSED))('%s is refused with %s', async (file, code) => {
    const error = await builds(file).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, hint: expect.any(String) });
  });
});

describe('a build', () => {
  it('is cancelled, and leaves nothing behind', async () => {
    const model = await models.add(join(small, 'original-ts13-512.onnx'));
    const before = readdirSync(library.folder).sort();
    const stop = new AbortController();
    const told = observer(stop.signal);
    const progress = (share: number): void => {
      told.shares.push(share);
      if (share > 0.12) stop.abort();
    };
    await expect(build(model, {}, { ...told, progress })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(library.folder).sort()).toEqual(before);
  });

  it('takes a range of sizes, several targets, and the sizes of the mask', async () => {
    const model = await models.add(join(small, 'original-ts17-dynamic.onnx'));
    const shape = (batch: number, side: number): { batch: number; height: number; width: number } => {
      return { batch, height: side, width: side };
    };
    const shapes = { min: shape(1, 64), opt: shape(2, 128), max: shape(4, 256) };
    const engine = await build(model, { shapes, targets: [89, 120], imageInput: true, maskOutput: true });
    expect(engine).toMatchObject({ device: 'sm_89, sm_120', shapes });
    const { record } = await library.read(engine.id);
    expect(record.input).toMatchObject({ type: 'uint8', layout: 'NHWC', height: null });
    expect(record.output).toMatchObject({ kind: 'class-ids' });
  });
});
