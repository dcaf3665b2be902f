import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { CallArgs, CallInput, CallName, CallResult } from '../../shared/contract';
import { calls } from '../../shared/contract';
import type { BuildOrderInput, EngineSummary } from '../../shared/domain/engine';
import type { Job } from '../../shared/domain/job';
import { logText } from '../../shared/domain/job';
import { maskIds } from '../../shared/mask-ids';
import { unrestrictedAccess } from '../file-access';
import { createStudio } from '../studio';
import type { Studio } from '../studio-api';

/* Engines of ONNX Runtime through the studio, on a machine without addon, driver and TensorRT. */

const root = mkdtempSync(join(tmpdir(), 'maskforge-processor-'));
const pictures = join(root, 'pictures');
const onnx = join(root, 'net.onnx');
const idle = new AbortController().signal;
const jobs = new Map<string, Job>();
let onJob: (job: Job) => void = () => undefined;
let studio: Studio;
let modelId: string;

async function start(name: string): Promise<void> {
  studio = await createStudio({
    dataDirectory: join(root, name),
    resourcesDirectory: join(root, 'resources'),
    access: unrestrictedAccess,
    emit: (event, payload) => {
      if (event === 'jobs.changed') onJob(payload as Job);
    },
    env: { PATH: process.env['PATH'], MASKFORGE_ADDON: join(root, 'none.node') },
  });
  modelId = (await call('models.add', { path: onnx })).id;
}

beforeAll(async () => {
  mkdirSync(pictures);
  for (const turn of [3, 5, 7]) {
    const pixels = Buffer.from(Array.from({ length: 200 * 160 * 3 }, (_, at) => (at * turn + (at % 29) * 7) % 253));
    await sharp(pixels, { raw: { width: 200, height: 160, channels: 3 } }).toFile(join(pictures, `${turn}.png`));
  }
  cpSync(join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx'), onnx);
  await start('data');
});
afterEach(() => {
  jobs.clear();
  onJob = () => undefined;
});
afterAll(async () => {
  await studio.close();
  rmSync(root, { recursive: true, force: true });
});

async function call<K extends CallName>(name: K, args: CallInput<K>): Promise<CallResult<K>> {
  const parsed = (calls[name].args as z.ZodType).parse(args) as CallArgs<K>;
  const result = await studio.handlers[name](parsed, { signal: idle });
  return (calls[name].result as z.ZodType).parse(result) as CallResult<K>;
}

async function ended({ jobId }: { jobId: string }): Promise<Job> {
  return new Promise((resolve) => {
    onJob = (job) => {
      if (job.id === jobId && job.state !== 'running' && job.state !== 'queued') resolve(job);
    };
    void call('jobs.list', {}).then((list) => list.forEach((job) => onJob(job)));
  });
}

async function build(order: BuildOrderInput = {}): Promise<EngineSummary> {
  const job = await ended(await call('engines.build', { modelId, order }));
  expect(job.error).toBeNull();
  const engine = (await call('engines.list', {})).find(({ id }) => id === job.results[0]);
  if (engine === undefined) throw new Error('no engine');
  return engine;
}

const int8: BuildOrderInput = { precision: 'int8', calibration: { folder: pictures } };
const partOf = ({ path }: EngineSummary, name: string): Buffer => readFileSync(join(path, name));

async function maskOf(args: Omit<CallInput<'session.open'>, 'modelId'>): Promise<Uint8Array> {
  const { added } = await call('pictures.add', { paths: [join(pictures, '5.png')] });
  const session = await call('session.open', { modelId, ...args });
  try {
    const { mask } = await call('session.segment', {
      sessionId: session.id,
      pictureId: added[0]?.id ?? '',
      fresh: true,
    });
    return Uint8Array.from(maskIds(mask));
  } finally {
    await call('session.close', { sessionId: session.id });
  }
}

function agreement(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((same, id, at) => same + (id === other[at] ? 1 : 0), 0) / one.length;
}

describe('an engine of ONNX Runtime', { timeout: 120_000 }, () => {
  it('in FP32 is built where nothing else builds, and gives the masks of its network', async () => {
    const engine = await build();
    expect(engine).toMatchObject({ state: 'ready', precision: 'fp32', runtime: { family: 'onnxruntime' } });
    expect(engine.device).toBe(`CPU (${process.arch})`);
    expect(readdirSync(engine.path).sort()).toEqual([
      'build.log',
      'engine.json',
      'layers.json',
      'network.onnx',
      'recipe.json',
    ]);
    const [own, network] = [await maskOf({ runtime: 'onnxruntime', engineId: engine.id }), await maskOf({})];
    expect(agreement(own, network)).toBeGreaterThan(0.999);
    expect(new Set(network).size).toBeGreaterThan(1);
    const session = await call('session.open', { modelId, runtime: 'tensorrt', engineId: engine.id });
    expect(session).toMatchObject({ runtime: 'onnxruntime', precision: 'FP32' });
    await call('session.close', { sessionId: session.id });
  });

  it('in INT8 computes in 8 bits, and is built again from its recipe byte for byte', async () => {
    const engine = await build(int8);
    const { recipe, layers, precisions, notHonoured, note } = await call('engines.inspect', { engineId: engine.id });
    expect(recipe.passes.map(({ pass }) => pass)).not.toContain('to-float16');
    expect(recipe.passes.at(-1)).toMatchObject({ pass: 'quantize', format: 'int8' });
    expect(note).toBe('');
    expect(layers).toHaveLength(engine.layers);
    expect(precisions['int8']).toBeGreaterThan(10);
    expect(precisions['fp32']).toBeGreaterThan(10);
    expect(notHonoured.length).toBeLessThan(precisions['int8'] ?? 0);
    const integer = layers.find(({ precision, nodes }) => precision === 'int8' && nodes.length > 0);
    expect(integer?.nodes[0]).toMatch(/^\//);
    const share = agreement(await maskOf({ engineId: engine.id }), await maskOf({}));
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(1);
    const parts = ['network.onnx', 'recipe.json', 'calibration.json'];
    const before = parts.map((name) => partOf(engine, name));
    const again = await build({ recipe, fresh: true });
    expect(again.id).toBe(engine.id);
    expect(again.builtAt).not.toBe(engine.builtAt);
    expect(parts.map((name) => partOf(again, name))).toEqual(before);
    // Convolutions that give floats have no integer kernel; who asks for them is told.
    const passes = recipe.passes.map((step) => {
      return step.pass === 'quantize' ? { ...step, kinds: [...step.kinds, 'convolution' as const] } : step;
    });
    const wide = await build({ recipe: { ...recipe, passes } });
    expect(wide.id).not.toBe(engine.id);
    const told = await call('engines.inspect', { engineId: wide.id });
    const added = told.notHonoured.filter(({ name }) => !notHonoured.some((each) => each.name === name));
    expect(added.length).toBeGreaterThan(5);
    expect(added.every(({ nodes }) => nodes.some((node) => /conv|proj|sr/i.test(node)))).toBe(true);
  });

  it('in INT8 says how far masks agree on other pictures, and whether it is faster here', async () => {
    const order = { ...int8, calibration: { folder: pictures, count: 2 }, targetAgreement: 0.9 };
    const engine = await build(order);
    const log = partOf(engine, 'build.log').toString();
    expect(log).toMatch(/INT8 is (slower|faster|as fast as FP32) here: [\d.]+ against [\d.]+ ms/);
    expect(log).toMatch(/keeps 9\d\.\d+ % of the pixels/);
  });

  it('in FP16 says plainly that processors have no kernels for it', async () => {
    const engine = await build({ precision: 'fp16', runtime: 'onnxruntime' });
    expect(engine.warnings.map(logText).join()).toMatch(/no FP16 kernels/);
    expect(agreement(await maskOf({ engineId: engine.id }), await maskOf({}))).toBeGreaterThan(0.99);
  });

  it('normalises and decides by itself where that was asked for', async () => {
    const engine = await build({ imageInput: true, maskOutput: true });
    const { tensors } = await call('engines.inspect', { engineId: engine.id });
    expect(tensors.map(({ type }) => type)).toEqual(['uint8', 'uint8']);
    expect(agreement(await maskOf({ engineId: engine.id }), await maskOf({}))).toBeGreaterThan(0.9);
  });

  it('is measured stage by stage and kernel by kernel', async () => {
    const engine = await build();
    const report = await call('engines.bench', { engineId: engine.id, options: { iterations: 5, warmUpMs: 0 } });
    expect(report).toMatchObject({ iterations: 5, cudaGraph: false, deviceBytes: null, enqueueTime: null });
    expect(report.threads).toBeGreaterThan(0);
    expect(report.endToEnd).toHaveLength(1);
    const { stages } = report.endToEnd[0] ?? {};
    expect(stages?.infer.median).toBeLessThanOrEqual(stages?.total.max ?? 0);
    expect(report.gpuComputeTime).toEqual(stages?.infer);
    const profile = await call('engines.profile', { engineId: engine.id, runs: 3 });
    expect(profile.layers).toHaveLength(engine.layers);
    expect(profile.layers.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(profile.layers[0]?.medianMs).toBeGreaterThanOrEqual(profile.layers.at(-1)?.medianMs ?? 0);
    expect(profile.layers.some(({ nodes }) => nodes.length > 0)).toBe(true);
    const wrong = call('engines.bench', {
      engineId: engine.id,
      options: { shape: { batch: 1, height: 32, width: 32 } },
    });
    await expect(wrong).rejects.toMatchObject({ code: 'ENGINE_SHAPE_OUT_OF_RANGE' });
  });

  it('is compared with the reference', async () => {
    const engine = await build(int8);
    const job = await ended(await call('engines.verify', { engineId: engine.id, images: pictures }));
    expect(job.error).toBeNull();
    const verification = await call('engines.verification', { engineId: engine.id });
    expect(verification).toMatchObject({ pictures: 3, precision: 'INT8', reference: { precision: 'FP32' } });
    expect(verification?.runtime).toMatch(/^ONNX Runtime \d/);
    expect(verification?.agreement.pixelAgreement).toBeLessThan(1);
  });

  it('from elsewhere has to be trusted, and a changed one is not opened', async () => {
    const engine = await build();
    const { files } = await call('engines.export', { engineId: engine.id, directory: join(root, 'out') });
    await call('engines.remove', { engineId: engine.id });
    expect((await call('engines.restore', { engineId: engine.id })).state).toBe('ready');
    await studio.close();
    await start('elsewhere');
    const imported = await call('engines.import', { path: join(root, 'out', engine.id) });
    expect(imported).toMatchObject({ id: engine.id, state: 'untrusted' });
    await expect(maskOf({ engineId: engine.id })).rejects.toMatchObject({ code: 'ENGINE_UNTRUSTED' });
    expect(await call('engines.trust', { engineId: engine.id })).toMatchObject({ state: 'ready' });
    expect(await maskOf({ engineId: engine.id })).toHaveLength(200 * 160);
    expect(files.some((file) => file.endsWith('network.onnx'))).toBe(true);
    const graph = join(imported.path, 'network.onnx');
    const bytes = readFileSync(graph);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(graph, bytes);
    await expect(maskOf({ engineId: engine.id })).rejects.toMatchObject({ code: 'ENGINE_CORRUPT' });
  });

  it.each<[string, BuildOrderInput, string, RegExp]>([
    ['FP8', { precision: 'fp8', calibration: { folder: pictures } }, 'PRECISION_UNSUPPORTED', /fp32 or int8/],
    ['bfloat16', { precision: 'bf16' }, 'PRECISION_UNSUPPORTED', /fp32 or int8/],
    ['TF32', { precision: 'tf32' }, 'PRECISION_UNSUPPORTED', /fp32 or int8/],
    ['plugins', { plugins: ['head'] }, 'RECIPE_CONTRADICTORY', /--plugins none/],
    ['a plugin for LayerNorms', { layerNorm: 'plugin' }, 'RECIPE_CONTRADICTORY', /--layernorm native/],
    ['settings of the builder', { level: 3 }, 'RECIPE_CONTRADICTORY', /--level/],
  ])('is refused with %s', async (_, order, code, hint) => {
    const job = await ended(await call('engines.build', { modelId, order: { runtime: 'onnxruntime', ...order } }));
    expect(job.error).toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(readdirSync(join(root, 'elsewhere', 'engines')).some((name) => name.startsWith('.building'))).toBe(false);
  });
});
