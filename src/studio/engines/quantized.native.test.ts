import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { BuildOrderInput, EngineSummary } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import { copyModel } from '../../onnx/copy';
import { DataType } from '../../onnx/data-type';
import { openModel } from '../../onnx/model';
import { isOp } from '../../onnx/node';
import { calibrationFromText } from '../../quantization/calibration-record';
import { findSites } from '../../quantization/sites';
import { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { ModelLibrary } from '../library/model-library';
import { EngineBuilder } from './build-engine';
import { engineFiles } from './engine-files';
import { EngineLibrary } from './engine-library';
import { CandidateGraphs } from './recipe-graph';
import { TimingCache } from './timing-cache';
import { TensorRtStopwatch } from '../tune/tensorrt-stopwatch';
import { TuningStore } from '../tune/tuning-store';

/* The sample model in 8 bits, calibrated on a few pictures and built by TensorRT for RTX, which needs no GPU for that. */

const data = mkdtempSync(join(tmpdir(), 'maskforge-quantized-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));

const pictures = join(data, 'pictures');
const shape = { batch: 1, height: 128, width: 128 };
const calibration = { folder: pictures, count: 3 };
const libraries = new TensorRtLibraries({ dataDirectory: data });
const models = new ModelLibrary({ dataDirectory: data, resourcesDirectory: 'resources' });
const library = new EngineLibrary({ dataDirectory: data, machine: async () => ({ families: [], devices: [] }) });
const calibrations = join(data, 'calibrations');
const builder = new EngineBuilder({
  libraries,
  library,
  timing: new TimingCache(data),
  tunings: new TuningStore(data),
  calibrations,
});

beforeEach(async () => {
  mkdirSync(pictures, { recursive: true });
  for (const turn of [0, 1, 2]) {
    const pixels = Buffer.from(Array.from({ length: 192 * 192 * 3 }, (_, at) => (at * (7 + turn)) % 251));
    await sharp(pixels, { raw: { width: 192, height: 192, channels: 3 } }).toFile(join(pictures, `${turn}.png`));
  }
});

async function build(order: BuildOrderInput, phases = new Set<string>()): Promise<EngineSummary> {
  const full = buildOrderSchema.parse({
    runtime: 'tensorrt-rtx',
    shapes: { min: shape, opt: shape, max: shape },
    level: 0,
    ...order,
  });
  return builder.build(await models.get('street-b0'), full, {
    signal: new AbortController().signal,
    phase: (phase) => void phases.add(phase),
    progress: () => undefined,
    timeLeft: () => undefined,
    log: () => undefined,
  });
}

function files({ path }: EngineSummary): Buffer[] {
  return [engineFiles.graph, engineFiles.recipe, engineFiles.calibration].map((name) => readFileSync(join(path, name)));
}

describe('TensorRT for RTX builds the sample model in 8 bits', () => {
  it('INT8 for Ampere, and again from its recipe without the pictures', async () => {
    const phases = new Set<string>();
    const engine = await build({ precision: 'int8', targets: [86], calibration }, phases);
    expect(engine).toMatchObject({ precision: 'int8', device: 'sm_86', plain: false });
    expect([...phases]).toEqual(['queue', 'prepare', 'calibrate', 'rewrite', 'build', 'keep']);
    const { record, folder } = await library.read(engine.id);
    expect(record.passes.at(-1)).toMatchObject({ pass: 'quantize' });
    expect(record.passes.at(-1)?.findings).toBe(40);
    const { graph } = await openModel(join(folder, engineFiles.graph));
    const quantizers = graph.nodes.filter((node) => isOp(node, 'QuantizeLinear'));
    expect(quantizers.length).toBeGreaterThan(30);
    const scale = graph.constant(quantizers[0]?.input[1]);
    expect(scale?.type).toBe(DataType.FLOAT16);
    const before = files(engine);
    rmSync(pictures, { recursive: true });
    rmSync(calibrations, { recursive: true });
    const again = await build({ recipe: record.recipe, fresh: true });
    expect(again.id).toBe(engine.id);
    expect(files(again)).toEqual(before);
  });

  it('candidates of a tuning, and goes on after one that it cannot build', async () => {
    const engine = await build({ precision: 'int8', targets: [86], calibration });
    const { record, folder } = await library.read(engine.id);
    const text = readFileSync(join(folder, engineFiles.calibration), 'utf8');
    const signal = new AbortController().signal;
    const graphs = await CandidateGraphs.open(record.recipe, record.model, calibrationFromText(text, 'x'), signal);
    const target = { kind: 'tensorrt', family: await libraries.open('tensorrt-rtx'), deviceIndex: 0 } as const;
    const parts = {
      recipe: record.recipe,
      model: record.model,
      target,
      timing: new TimingCache(data),
      pictures: [],
      form: record.model,
    };
    const stopwatch = new TensorRtStopwatch({ ...parts, signal, warn: fail });
    try {
      const { plan } = await stopwatch.build(graphs.without([]));
      // What it builds is what a build builds: a little more than nothing differs with the timing cache.
      expect(Math.abs(statSync(plan).size / engine.planBytes - 1)).toBeLessThan(0.1);
      const broken = copyModel(graphs.wide);
      const node = broken.graph.nodes.find((each) => isOp(each, 'Conv'));
      if (node === undefined) throw new Error('there is no convolution');
      node.opType = 'NoSuchThing';
      await expect(stopwatch.build(broken)).rejects.toMatchObject({ code: expect.stringMatching(/^ONNX_/) });
      const [block = ''] = findSites(graphs.wide.graph).map((site) => site.block);
      expect(existsSync((await stopwatch.build(graphs.without([block]))).plan)).toBe(true);
    } finally {
      await stopwatch.close();
      graphs.close();
    }
  });

  it('FP8 for Ada, and refuses Ampere', async () => {
    const engine = await build({ precision: 'fp8', targets: [89], calibration });
    expect(engine).toMatchObject({ precision: 'fp8', device: 'sm_89' });
    const { graph } = await openModel(join(engine.path, engineFiles.graph));
    const zero = graph.constant(graph.nodes.find((node) => isOp(node, 'QuantizeLinear'))?.input[2]);
    expect(zero?.type).toBe(DataType.FLOAT8E4M3FN);
    const refused = build({ precision: 'fp8', targets: [86], calibration });
    await expect(refused).rejects.toMatchObject({ code: 'PRECISION_UNSUPPORTED' });
  });

  it('INT8 from 8-bit pixels to class ids, with batches and sizes of a range', async () => {
    const side = (batch: number, size: number) => ({ batch, height: size, width: size });
    const engine = await build({
      precision: 'int8',
      targets: [86],
      calibration,
      imageInput: true,
      maskOutput: true,
      shapes: { min: side(1, 128), opt: side(1, 128), max: side(2, 256) },
    });
    const { record } = await library.read(engine.id);
    expect(record.input).toMatchObject({ type: 'uint8', batch: null });
    expect(record.passes.at(-1)?.findings).toBe(40);
  });
});

function fail({ message }: { readonly message: string }): never {
  throw new Error(message);
}
