import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildOrderInput, EngineSummary, Recipe } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { LogLine } from '../../shared/domain/job';
import { logText } from '../../shared/domain/job';
import { DataType } from '../../onnx/data-type';
import type { NodeProto } from '../../onnx/generated/onnx_pb';
import type { Graph } from '../../onnx/graph';
import { shapesOf } from '../../onnx/infer-shapes';
import { openModel } from '../../onnx/model';
import { saveModel } from '../../onnx/model-write';
import { isOp, nodeLabel } from '../../onnx/node';
import { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { ModelLibrary } from '../library/model-library';
import type { BuildObserver } from './build-work';
import { EngineBuilder } from './build-engine';
import { quantizeStepOf } from './calibration-of-recipe';
import { engineFiles } from './engine-files';
import { EngineLibrary } from './engine-library';
import { putStandIn } from './testing/stand-in';
import { TimingCache } from './timing-cache';
import { recipeOfPoint, TuningStore } from '../tune/tuning-store';

/* Builds in 8 bits from pictures to the folder, with a stand-in for the native addon. */

const root = mkdtempSync(join(tmpdir(), 'maskforge-int8-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = join('tools', 'fixtures', 'models', 'small');
let count = 0;
let data: string;
let pictures: string;
let onnx: string;
let builder: EngineBuilder;
let library: EngineLibrary;
let models: ModelLibrary;

beforeEach(async () => {
  data = join(root, `${++count}`);
  pictures = join(data, 'pictures');
  mkdirSync(pictures, { recursive: true });
  for (const turn of [3, 5, 7]) await paint(`${turn}.png`, turn);
  onnx = join(data, 'net.onnx');
  cpSync(join(small, 'original-ts13-256.onnx'), onnx);
  restart();
});
afterEach(() => {
  delete process.env['STAND_IN_CAPABILITY'];
  delete process.env['STAND_IN_FAIL'];
});

/** Another program on the same data. */
function restart(): void {
  const env = { PATH: process.env['PATH'], ...putStandIn(join(data, 'native')) };
  const libraries = new TensorRtLibraries({ dataDirectory: data, env });
  models = new ModelLibrary({ dataDirectory: data, resourcesDirectory: join(data, 'none') });
  library = new EngineLibrary({ dataDirectory: data, machine: async () => ({ families: [], devices: [] }) });
  const calibrations = join(data, 'calibrations');
  builder = new EngineBuilder({
    libraries,
    library,
    timing: new TimingCache(data),
    tunings: new TuningStore(data),
    calibrations,
  });
}

async function paint(name: string, turn: number): Promise<void> {
  const pixels = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * turn) % 253));
  await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(join(pictures, name));
}

interface Told extends BuildObserver {
  readonly phases: string[];
  readonly shares: number[];
  readonly lines: string[];
}

function observer(onPhase: (phase: string) => void = () => undefined, signal = new AbortController().signal): Told {
  const [phases, shares, lines]: [string[], number[], string[]] = [[], [], []];
  return {
    signal,
    phases,
    shares,
    lines,
    phase: (phase) => {
      phases.push(phase);
      onPhase(phase);
    },
    progress: (share) => void shares.push(share),
    timeLeft: () => undefined,
    log: (line) => void lines.push(logText(line)),
  };
}

async function build(order: BuildOrderInput, told: BuildObserver = observer()): Promise<EngineSummary> {
  return builder.build(await models.add(onnx), buildOrderSchema.parse(order), told);
}

const int8 = (more: NonNullable<BuildOrderInput['calibration']> = {}): BuildOrderInput => {
  return { precision: 'int8', calibration: { folder: pictures, ...more } };
};
const partOf = ({ path }: EngineSummary, name: string): Buffer => readFileSync(join(path, name));
const recipeOf = async ({ id }: EngineSummary): Promise<Recipe> => (await library.read(id)).record.recipe;

describe('a build in 8 bits', () => {
  it('calibrates as a phase of its own, and keeps what it found with the engine', async () => {
    writeFileSync(join(pictures, 'broken.jpg'), 'no picture');
    const told = observer();
    const engine = await build(int8(), told);
    expect(engine).toMatchObject({ precision: 'int8', layerNorm: 'native', plain: false, proof: null, plugins: [] });
    expect(engine.eightBits).toEqual({ kinds: ['linear'], kept: [] });
    expect([...new Set(told.phases)]).toEqual(['queue', 'prepare', 'calibrate', 'rewrite', 'build', 'keep']);
    expect(told.shares).toEqual([...told.shares].sort((one, other) => one - other));
    expect(told.lines.join('\n')).toMatch(/broken\.jpg was skipped/);
    expect(told.lines.join('\n')).toMatch(/matter of luck/);
    const { record } = await library.read(engine.id);
    expect(quantizeStepOf(record.recipe)?.statistics).toMatch(/^[0-9a-f]{64}$/);
    expect(record.passes.at(-1)).toMatchObject({ pass: 'quantize' });
    expect(partOf(engine, engineFiles.log).toString()).toMatch(/int8\. A matrix product with constant weights/);
  });

  it('finds the very engine again, and another one for other pictures, methods and kept layers', async () => {
    const first = await build(int8());
    const told = observer();
    expect((await build(int8(), told)).builtAt).toBe(first.builtAt);
    expect(told.phases).not.toContain('build');
    const others = [int8({ method: 'min-max' }), int8({ count: 2 }), int8({ keep: ['stage 1, embedding'] })];
    const ids = new Set([first.id]);
    for (const order of others) ids.add((await build(order)).id);
    expect(ids.size).toBe(4);
  });

  it('is done again from its recipe, byte for byte, without the pictures', async () => {
    const kinds = ['linear', 'attention', 'classifier'] as const;
    const engine = await build(int8({ method: 'entropy', keep: ['stage 1, embedding'], kinds: [...kinds].reverse() }));
    expect(quantizeStepOf(await recipeOf(engine))?.kinds).toEqual(kinds);
    const parts = [engineFiles.graph, engineFiles.recipe, engineFiles.calibration];
    const before = parts.map((name) => partOf(engine, name));
    const recipe = await recipeOf(engine);
    rmSync(pictures, { recursive: true });
    // From the studio's calibrations, from another engine's folder, and from a file that is named.
    const replay = async (more: BuildOrderInput = {}): Promise<void> => {
      const again = await build({ recipe, fresh: true, ...more });
      expect(again.id).toBe(engine.id);
      expect(parts.map((name) => partOf(again, name))).toEqual(before);
    };
    await replay();
    rmSync(join(data, 'calibrations'), { recursive: true });
    await replay();
    const file = join(data, 'elsewhere.json');
    cpSync(join(engine.path, engineFiles.calibration), file);
    await library.remove(engine.id);
    restart();
    await replay({ calibration: { file } });
  });

  it('goes on where a cancelled calibration stopped', async () => {
    const stop = new AbortController();
    const cancelled = build(
      int8(),
      observer((phase) => phase === 'calibrate' && stop.abort(), stop.signal),
    );
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await library.list()).toEqual([]);
    expect(readdirSync(join(data, 'calibrations')).join()).toMatch(/\.partial$/);
    const told = observer();
    await build(int8(), told);
    expect(told.phases.filter((phase) => phase === 'calibrate').length).toBeLessThan(3);
  });

  it('takes ranges that were collected before, for this network only', async () => {
    const file = join(data, 'ranges.json');
    const engine = await build(int8({ file }));
    rmSync(pictures, { recursive: true });
    expect((await build({ precision: 'int8', calibration: { file } })).id).toBe(engine.id);
    const shape = { batch: 1, height: 128, width: 128 };
    const other = build({ precision: 'int8', calibration: { file }, shapes: { min: shape, opt: shape, max: shape } });
    await expect(other).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_FOREIGN' });
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 500));
    const damaged = build({ precision: 'int8', calibration: { file }, fresh: true });
    await expect(damaged).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_DAMAGED' });
  });
});

describe('values that 16 bits cannot hold', () => {
  it('keep their layers in 32 bits: the recipe names them, and does so again without the pictures', async () => {
    const network = await openModel(onnx);
    const { graph } = network;
    // What a LayerNorm gives to the first linear layer behind it becomes as large as 60,000.
    const norm = graph.nodes.find(
      (node) => isOp(node, 'Mul') && graph.consumers(node.output[0]).some(feedsMatMul(graph)),
    );
    const scale = norm?.input.findIndex((value) => graph.isConstant(value)) ?? -1;
    const gamma = graph.constant(norm?.input[scale]);
    if (norm === undefined || gamma === undefined) throw new Error('the fixture has such a norm');
    const size = gamma.dims.reduce((product, dim) => product * dim, 1);
    graph.setInput(
      norm,
      scale,
      graph.addInitializer('wide', DataType.FLOAT, gamma.dims, new Float32Array(size).fill(6e4)),
    );
    await saveModel(network, onnx);
    const told = observer();
    const engine = await build(int8({ count: 2 }), told);
    const recipe = await recipeOf(engine);
    const step = recipe.passes.flatMap((each) => (each.pass === 'to-float16' ? [each] : []))[0];
    expect(step?.keep?.length).toBeGreaterThan(0);
    expect(told.lines.join('\n')).toMatch(/stays in FP32: Its values reach \d+/);
    const built = await openModel(join(engine.path, engineFiles.graph));
    const kept = built.graph.nodes.find(
      (node) => step?.keep?.includes(nodeLabel(node)) === true && isOp(node, 'MatMul'),
    );
    expect(shapesOf(built.graph).elementType(kept?.output[0])).toBe(DataType.FLOAT);
    const again = await build({ recipe, fresh: true });
    expect(partOf(again, engineFiles.graph)).toEqual(partOf(engine, engineFiles.graph));
  });
});

function feedsMatMul(graph: Graph): (node: NodeProto) => boolean {
  return (node) => isOp(node, 'Add') && graph.consumers(node.output[0]).some((reader) => isOp(reader, 'MatMul'));
}

describe('a target for the agreement', () => {
  // With these kept there are few left to try.
  const kept = [1, 2, 3, 4].flatMap((stage) =>
    ['attention', 'feed-forward'].map((part) => `stage ${stage}, block 1, ${part}`),
  );
  const order = (targetAgreement: number): BuildOrderInput => {
    return { ...int8({ count: 2, keep: [...kept, 'stage 1, embedding'] }), targetAgreement };
  };

  it(
    'keeps the blocks out of 8 bits that stand against it, and the recipe names them',
    { timeout: 120_000 },
    async () => {
      const told = observer();
      const engine = await build(order(0.998), told);
      expect([...new Set(told.phases)]).toEqual(['queue', 'prepare', 'calibrate', 'tune', 'rewrite', 'build', 'keep']);
      expect(told.shares).toEqual([...told.shares].sort((one, other) => one - other));
      expect(told.lines.join('\n')).toMatch(/ keeps 99\.[89]\d* % of the pixels and \d+ blocks? in FP16/);
      const recipe = await recipeOf(engine);
      const keep = quantizeStepOf(recipe)?.keep ?? [];
      expect(keep.length).toBeGreaterThan(kept.length + 1);
      expect(keep).toEqual([...keep].sort());
      const again = await build({ recipe, fresh: true });
      expect(again.id).toBe(engine.id);
      expect(partOf(again, engineFiles.graph)).toEqual(partOf(engine, engineFiles.graph));
      await expect(build(order(1))).rejects.toMatchObject({ code: 'AGREEMENT_NOT_REACHED' });
    },
  );

  it('times candidates on the device, and goes on where it was cancelled', { timeout: 120_000 }, async () => {
    const { targetAgreement: target, ...rest } = buildOrderSchema.parse(order(0.985));
    const tune = { target: target ?? 1, compared: 1, timing: true, seconds: 1000, rankSeconds: 1000 };
    const model = await models.add(onnx);
    const stop = new AbortController();
    let points = 0;
    const log = (line: LogLine): void => {
      if (/ agree at /.test(logText(line)) && ++points === 2) stop.abort();
    };
    const cancelled = builder.tune(model, rest, tune, { ...observer(() => undefined, stop.signal), log });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const tunings = new TuningStore(data);
    const [broken] = await tunings.list();
    expect(broken).toMatchObject({ isFinished: false, points: [{ number: 1 }, { number: 2 }] });
    const told = observer();
    const tuning = await builder.tune(model, rest, tune, told);
    expect(tuning).toMatchObject({
      key: broken?.key,
      isFinished: true,
      isReached: true,
      wide: 'fp16',
      timedOn: 'TensorRT 10.6.0 · Stand-in GPU',
      // It takes a millisecond for everything.
      use: 'fp16',
      recommendation: expect.stringMatching(/^INT8 is as fast as FP16 here: 1\.05 against 1\.05 ms/),
    });
    expect(tuning.points.slice(0, 2)).toEqual(broken?.points);
    expect(tuning.points.every(({ time, failure }) => time !== undefined && failure === undefined)).toBe(true);
    expect(tuning.points.every(({ judgedOn }) => judgedOn === 'device')).toBe(true);
    expect(tuning.wideAgreement).toBeGreaterThan(0.98);
    expect(tuning.wideJudgedOn).toBe('device');
    const spent = builder.tune(model, { ...rest, precision: 'fp8' }, { ...tune, maxSeconds: 0.001 }, observer());
    await expect(spent).rejects.toMatchObject({ code: 'TUNING_TIME_SPENT' });
    expect(await tunings.list()).toEqual([tuning]);
    // The point is what a build of its recipe makes, under the id that its recipe has.
    const point = recipeOfPoint(tuning, null, 'x');
    const engine = await build({ recipe: point });
    expect(quantizeStepOf(await recipeOf(engine))).toEqual(quantizeStepOf(point));
  });

  it('tells why nothing could be timed, and finds the blocks all the same', { timeout: 120_000 }, async () => {
    process.env['STAND_IN_FAIL'] = 'ENGINE_LAYER_IMPOSSIBLE';
    const { targetAgreement: _target, ...rest } = buildOrderSchema.parse(order(0.9));
    const tune = { target: 0.9, compared: 1, timing: true, seconds: 1000, rankSeconds: 1000 };
    const tuning = await builder.tune(await models.add(onnx), rest, tune, observer());
    expect(tuning).toMatchObject({ isFinished: true, isReached: true, timedOn: null, use: 'int8', chosen: 1 });
    expect(tuning.points[0]?.judgedOn).toBe('onnxruntime');
    expect(tuning.warnings.map(logText).join()).toMatch(/Nothing could be timed.*ENGINE_LAYER_IMPOSSIBLE/);
  });

  it.each<[string, BuildOrderInput, string]>([
    ['without pictures', { precision: 'int8', targetAgreement: 0.99 }, 'CALIBRATION_NEEDED'],
    ['in 16 bits', { precision: 'fp16', targetAgreement: 0.99 }, 'RECIPE_CONTRADICTORY'],
  ])('is refused %s', async (_, wrong, code) => {
    await expect(build(wrong)).rejects.toMatchObject({ code, hint: expect.any(String) });
  });
});

describe('8 bits are refused', () => {
  it.each<[string, BuildOrderInput, string]>([
    ['without pictures', { precision: 'int8' }, 'CALIBRATION_NEEDED'],
    ['without the folder', int8({ folder: '/nowhere/at/all' }), 'CALIBRATION_FOLDER_MISSING'],
    ['without the file', { precision: 'int8', calibration: { file: '/nowhere/x.json' } }, 'FILE_NOT_FOUND'],
  ])('%s', async (_, order, code) => {
    await expect(build(order)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(await library.list()).toEqual([]);
  });

  it('with a name to keep that there is none of', async () => {
    await expect(build(int8({ keep: ['stage 9'] }))).rejects.toMatchObject({ code: 'QUANTIZATION_KEEP_UNKNOWN' });
    expect(readdirSync(library.folder)).toEqual([]);
  });

  it('as floats on a GPU that has none', async () => {
    process.env['STAND_IN_CAPABILITY'] = '86';
    const order = { ...int8(), precision: 'fp8' as const };
    await expect(build(order)).rejects.toMatchObject({
      code: 'PRECISION_UNSUPPORTED',
      message: expect.stringContaining('sm_86'),
    });
    process.env['STAND_IN_CAPABILITY'] = '89';
    restart();
    expect(await build(order)).toMatchObject({ precision: 'fp8' });
  });

  it('from a recipe whose calibration is not here, and from one of another network', async () => {
    const engine = await build(int8());
    const recipe = await recipeOf(engine);
    await library.remove(engine.id);
    rmSync(join(data, 'calibrations'), { recursive: true });
    await expect(build({ recipe })).rejects.toMatchObject({ code: 'CALIBRATION_MISSING' });
    cpSync(join(small, 'original-ts17-dynamic.onnx'), onnx);
    await expect(build({ recipe })).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_FOREIGN' });
    // With pictures it is made for that one.
    expect((await build({ recipe, calibration: { folder: pictures } })).id).not.toBe(engine.id);
  });
});
