import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { CallResult } from '../../shared/contract';
import type { BuildOrderInput, EngineSummary } from '../../shared/domain/engine';
import type { Job } from '../../shared/domain/job';
import { logText } from '../../shared/domain/job';
import type { StandInSettings } from './testing/stand-in';
import { drawnMasks, edit, failing, noise, standInStudio } from './testing/stand-in-studio';

const here = standInStudio();
const { build, call, ended, engineOf, leftovers, restart, withSample } = here;

describe('building an engine', () => {
  it('puts a whole folder into the library, which is ready', async () => {
    const job = await build({ precision: 'fp16' });
    const engine = await engineOf(job);
    expect(engine).toMatchObject({
      state: 'ready',
      precision: 'fp16',
      layerNorm: 'native',
      modelId: here.modelId,
      plain: false,
    });
    expect(engine.shapes.opt).toEqual({ batch: 1, height: 256, width: 256 });
    expect(readdirSync(engine.path).sort()).toEqual([
      'build.log',
      'engine.json',
      'engine.plan',
      'layers.json',
      'network.onnx',
      'recipe.json',
    ]);
    expect(engine.warnings).toEqual(['warning: a LayerNorm may overflow']);
    expect(job.log.some((line) => /^info: fuse-layernorm: 22 found/.test(logText(line)))).toBe(true);
    expect(job).toMatchObject({ done: 1000, total: 1000 });
    expect(leftovers()).toEqual([]);
  });

  it('tells phases, a share that grows, and the time that builds before took', async () => {
    await build({ precision: 'fp16' });
    // Only builds that began with a timing cache, as the next one will, tell how long it takes.
    await build({ precision: 'fp16', fresh: true });
    await restart({ STAND_IN_STEP_MS: '8' });
    const seen: Job[] = [];
    const { jobId } = await call('engines.build', { modelId: here.modelId, order: { precision: 'bf16' } });
    const end = ended(jobId);
    const inner = here.onJob;
    here.onJob = (job) => {
      seen.push(job);
      inner(job);
    };
    await end;
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).sort((a, b) => a - b));
    expect(new Set(seen.map(({ phase }) => phase.split(':')[0]))).toContain('build');
    expect(seen.some(({ secondsLeft }) => secondsLeft !== null)).toBe(true);
  });

  it('answers with the engine that is there, unless a fresh one is asked for', async () => {
    const first = await engineOf(await build());
    const again = await engineOf(await build());
    expect(again).toEqual(first);
    await restart({ STAND_IN_SALT: 'other' });
    const fresh = await engineOf(await build({ fresh: true }));
    expect(fresh.id).toBe(first.id);
    expect(fresh.builtAt).not.toBe(first.builtAt);
    expect(fresh.state).toBe('ready');
  });

  it('keeps the timing cache and begins the next build with it', async () => {
    await build({ precision: 'fp16' });
    const { log } = await build({ precision: 'bf16' });
    expect(log).toContain('info: timing cache of 4 bytes');
    const cache = join(here.data, 'cache', 'timing', 'tensorrt-10-10.6.0-stand-in-gpu-sm90.cache');
    writeFileSync(cache, readFileSync(cache).subarray(0, -1));
    const third = await build({ precision: 'fp32' });
    expect(third.log).toContain('info: timing cache of 0 bytes');
    expect((await engineOf(third)).warnings.map(logText).join()).toMatch(
      /timing cache .* was damaged and has been dropped/,
    );
  });

  it('that is cancelled leaves nothing behind', async () => {
    await restart({ STAND_IN_STEP_MS: '20', STAND_IN_STEPS: '500' });
    const { jobId } = await call('engines.build', { modelId: here.modelId, order: {} });
    await new Promise<void>((resolve) => {
      here.onJob = (job) => {
        if (job.phase.startsWith('build') && job.done > 100) resolve();
      };
    });
    const end = ended(jobId);
    await call('jobs.cancel', { jobId });
    expect((await end).state).toBe('cancelled');
    expect(await call('engines.list', {})).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  it.each([
    ['DEVICE_OUT_OF_MEMORY', /smaller pictures/],
    ['ENGINE_BUILD_FAILED', /layernorm keep/],
    ['SOMETHING_NEW', /doctor/],
  ])('that fails with %s says what to do, and leaves nothing behind', async (code, remedy) => {
    await restart({ STAND_IN_FAIL: code });
    const job = await build();
    expect(job).toMatchObject({ state: 'failed', error: { code, hint: expect.stringMatching(remedy) } });
    expect(job.error?.message).toContain('net.onnx');
    expect(leftovers()).toEqual([]);
  });

  it('waits for the build before it on the same device', async () => {
    await restart({ STAND_IN_STEP_MS: '5' });
    const ends: string[] = [];
    const phases = new Map<string, string[]>();
    const bothEnded = new Promise<void>((resolve) => {
      here.onJob = ({ id, state, phase }) => {
        if (state === 'done' && !ends.includes(id)) ends.push(id);
        if (ends.length === 0) phases.set(id, [...(phases.get(id) ?? []), phase.split(':')[0] ?? '']);
        if (ends.length === 2) resolve();
      };
    });
    const first = await call('engines.build', { modelId: here.modelId, order: { precision: 'fp16' } });
    const second = await call('engines.build', { modelId: here.modelId, order: { precision: 'bf16' } });
    await bothEnded;
    expect(ends).toEqual([first.jobId, second.jobId]);
    expect(phases.get(first.jobId)).toContain('build');
    expect(phases.get(second.jobId)).not.toContain('build');
  });

  it('of a network whose size is fixed by its export and left as it is, at another size, is refused', async () => {
    const shape = { batch: 1, height: 512, width: 512 };
    const job = await build({ plain: true, precision: 'fp32', shapes: { min: shape, opt: shape, max: shape } });
    expect(job.error).toMatchObject({ code: 'ENGINE_SHAPE_MISMATCH' });
  });

  it('says that there is no GPU before TensorRT is touched', async () => {
    await restart({ STAND_IN_NO_GPU: 'no CUDA-capable device is detected' });
    expect((await build({ runtime: 'tensorrt-10' })).error).toMatchObject({
      code: 'NO_DEVICE',
      message: expect.stringMatching(/no CUDA-capable/),
    });
  });

  it('is one for ONNX Runtime where there is no GPU, unless targets are named', async () => {
    await restart({ STAND_IN_NO_GPU: 'none' });
    const draft = (order: BuildOrderInput) => call('engines.draft', { modelId: here.modelId, order });
    expect(await draft({})).toMatchObject({ runtime: { family: 'onnxruntime' }, precision: 'fp32' });
    await expect(draft({ targets: [89] })).rejects.toEqual(failing('NO_DEVICE'));
    await restart();
    expect(await draft({})).toMatchObject({ runtime: { family: 'tensorrt-10' }, precision: 'fp16' });
  });

  it('says how to get TensorRT where there is none', async () => {
    rmSync(here.env['MASKFORGE_TENSORRT'] ?? '', { recursive: true });
    await restart();
    for (const name of readdirSync(here.env['MASKFORGE_TENSORRT'] ?? '')) {
      if (name.startsWith('libnv')) rmSync(join(here.env['MASKFORGE_TENSORRT'] ?? '', name));
    }
    expect((await build()).error).toMatchObject({ code: 'TENSORRT_MISSING', hint: expect.stringMatching(/install/) });
  });
});

describe('a new engine', () => {
  const coloured = (at: number): number => (at * 7919) % 251;

  it('is compared with ONNX Runtime on a picture', async () => {
    await withSample(coloured);
    const job = await build({ precision: 'fp32' });
    const { warnings, proof } = await engineOf(job);
    expect(warnings.map(codeOf)).not.toContain('engine-masks-differ');
    expect(proof).toEqual({ pixelAgreement: 1, pictures: 1 });
    expect(job.log.map(logText).join('\n')).toMatch(/masks: 100\.00 % of the pixels as on ONNX Runtime/);
  });

  it('of which the compiler made something else is kept with a warning', async () => {
    await withSample(coloured, { STAND_IN_BLANK: '1' });
    const engine = await engineOf(await build({ precision: 'fp32' }));
    expect(engine.state).toBe('ready');
    expect(engine.warnings).toContainEqual(
      expect.objectContaining({ code: 'engine-masks-differ', details: { agreement: expect.any(String), pictures: 1 } }),
    );
  });

  it('that loses the device on it is not kept', async () => {
    await withSample(() => 255, { STAND_IN_FAULT: '1' });
    expect((await build({ precision: 'fp32' })).error).toMatchObject({ code: 'DEVICE_LOST' });
    expect(leftovers()).toEqual([]);
    expect(await call('engines.list', {})).toEqual([]);
    expect(here.devicesLost).toBe(1);
  });
});

const codeOf = (said: EngineSummary['warnings'][number]): string => (typeof said === 'string' ? '' : said.code);

describe('the engine library', () => {
  it('knows an engine whose model has changed, and one that is built again', async () => {
    const engine = await engineOf(await build());
    writeFileSync(here.onnx, readFileSync(join('tools', 'fixtures', 'models', 'small', 'original-ts17-256.onnx')));
    const [stale] = await call('engines.list', {});
    expect(stale).toMatchObject({ id: engine.id, state: 'stale', reason: expect.stringContaining('net.onnx') });
    await expect(open(engine.id)).rejects.toEqual(failing('ENGINE_STALE'));
    expect((await engineOf(await build())).id).not.toBe(engine.id);
  });

  it('does without the model file', async () => {
    const engine = await engineOf(await build());
    rmSync(here.onnx);
    expect((await call('engines.list', {}))[0]).toMatchObject({ id: engine.id, state: 'ready' });
  });

  it.each<[string, StandInSettings, RegExp]>([
    ['another TensorRT', { STAND_IN_GPU: 'Other GPU' }, /runs on Stand-in GPU; here is Other GPU/],
    ['a machine without a GPU', { STAND_IN_NO_GPU: 'none' }, /there is no NVIDIA GPU/],
  ])('knows an engine of %s before it is loaded', async (_, settings, reason) => {
    const engine = await engineOf(await build());
    await restart(settings);
    expect((await call('engines.list', {}))[0]).toMatchObject({
      state: 'foreign',
      reason: expect.stringMatching(reason),
    });
    await expect(open(engine.id)).rejects.toEqual(failing('ENGINE_FOREIGN'));
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['a truncated plan', (folder) => writeFileSync(join(folder, 'engine.plan'), 'st'), /has 2 bytes and was built/],
    ['no plan', (folder) => rmSync(join(folder, 'engine.plan')), /engine\.plan is missing/],
    ['no recipe', (folder) => rmSync(join(folder, 'recipe.json')), /recipe\.json is missing/],
    [
      'a recipe that somebody edited',
      (folder) => edit(join(folder, 'recipe.json'), '"fp16"', '"bf16"'),
      /recipe\.json was changed after the build/,
    ],
    [
      'a recipe and a record that somebody edited alike',
      (folder) =>
        ['recipe.json', 'engine.json'].forEach((name) => edit(join(folder, name), '"level": null', '"level": 5')),
      /does not belong to its id/,
    ],
  ])('recognises %s', async (_, harm, why) => {
    const engine = await engineOf(await build());
    harm(engine.path);
    expect((await call('engines.list', {}))[0]).toMatchObject({ state: 'damaged', reason: expect.stringMatching(why) });
    await expect(open(engine.id)).rejects.toEqual(failing('ENGINE_CORRUPT'));
    expect(await call('engines.remove', { engineId: engine.id })).toEqual({ engineId: engine.id });
  });

  it('recognises a plan of the same length that is another', async () => {
    const engine = await engineOf(await build());
    const plan = join(engine.path, 'engine.plan');
    writeFileSync(plan, readFileSync(plan, 'latin1').replace('stand-in', 'st@nd-in'), 'latin1');
    await expect(open(engine.id)).rejects.toEqual(failing('ENGINE_CORRUPT'));
  });

  it('does not trust a plan and a record that were exchanged together', async () => {
    const [one, other] = [await engineOf(await build()), await engineOf(await build({ precision: 'bf16' }))];
    writeFileSync(join(one.path, 'engine.plan'), readFileSync(join(other.path, 'engine.plan')));
    const record = JSON.parse(readFileSync(join(one.path, 'engine.json'), 'utf8'));
    const theirs = JSON.parse(readFileSync(join(other.path, 'engine.json'), 'utf8'));
    // Both plans are alike but for their content's place: give the record another one's, as a forger would.
    record.plan = { ...theirs.plan, sha256: 'f'.repeat(64) };
    writeFileSync(join(one.path, 'engine.json'), JSON.stringify(record));
    await expect(open(one.id)).rejects.toEqual(failing('ENGINE_UNTRUSTED'));
  });

  it('says which folder cannot be read at all', async () => {
    const engine = await engineOf(await build());
    writeFileSync(join(engine.path, 'engine.json'), '{');
    expect(await call('engines.list', {})).toEqual([]);
    await expect(call('engines.inspect', { engineId: engine.id })).rejects.toEqual(failing('ENGINE_CORRUPT'));
  });

  it('takes an engine from elsewhere, and loads it when it is trusted', async () => {
    const engine = await engineOf(await build({ precision: 'fp32' }));
    const out = here.folder('out');
    const { files } = await call('engines.export', { engineId: engine.id.slice(0, 6), directory: out });
    expect(files).toHaveLength(6);
    here.data = here.folder('data-elsewhere');
    await restart();
    const imported = await call('engines.import', { path: join(out, engine.id) });
    expect(imported).toMatchObject({
      id: engine.id,
      state: 'untrusted',
      reason: expect.stringMatching(/engine trust/),
    });
    here.modelId = (await call('models.add', { path: here.onnx })).id;
    await expect(open(engine.id)).rejects.toEqual(failing('ENGINE_UNTRUSTED'));
    expect(await call('engines.trust', { engineId: engine.id })).toMatchObject({ state: 'ready' });
    await expect(open(engine.id)).resolves.toMatchObject({ runtime: 'tensorrt' });
  });

  it('removes to the trash and brings back', async () => {
    const engine = await engineOf(await build());
    await call('engines.remove', { engineId: engine.id });
    expect(await call('engines.list', {})).toEqual([]);
    await expect(call('engines.inspect', { engineId: engine.id })).rejects.toEqual(failing('ENGINE_NOT_FOUND'));
    expect(await call('engines.restore', { engineId: engine.id })).toEqual(engine);
    await expect(call('engines.restore', { engineId: '../../x' })).rejects.toEqual(failing('ENGINE_NOT_FOUND'));
  });

  it('replays a recipe', async () => {
    const engine = await engineOf(await build({ precision: 'bf16', foldHead: false }));
    const { recipe } = await call('engines.inspect', { engineId: engine.id });
    expect((await engineOf(await build({ recipe }))).id).toBe(engine.id);
  });

  function open(engineId: string): Promise<CallResult<'session.open'>> {
    return call('session.open', { modelId: here.modelId, runtime: 'tensorrt', engineId });
  }
});

describe('an open engine', () => {
  const openTensorRt = () => call('session.open', { modelId: here.modelId, runtime: 'tensorrt' });

  it('gives the very masks of the reference', async () => {
    const pictures = here.folder('pictures');
    const file = await noise(pictures, 'a.png', 256, 256);
    await engineOf(await build({ precision: 'fp32' }));
    const { added } = await call('pictures.add', { paths: [file] });
    const pictureId = added[0]?.id ?? '';
    const masks = [];
    for (const runtime of ['onnxruntime', 'tensorrt'] as const) {
      const session = await call('session.open', { modelId: here.modelId, runtime });
      const { mask, timings } = await call('session.segment', { sessionId: session.id, pictureId });
      expect(timings.total).toBeGreaterThanOrEqual(timings.infer);
      masks.push(mask);
      if (runtime === 'tensorrt') {
        expect(session).toMatchObject({ precision: 'FP32', device: 'Stand-in GPU', runtimeVersion: '10.6.0' });
        expect(timings).toMatchObject({ infer: 250_000, transferIn: 250_000 });
      }
    }
    expect(masks[1]).toEqual(masks[0]);
    expect(new Set(masks[0]?.data).size).toBeGreaterThan(1);
  });

  it('tells of the fault that lost the device, and so does all that comes after', async () => {
    await restart({ STAND_IN_FAULT: 'yes' });
    await engineOf(await build({ precision: 'fp32' }));
    const good = await noise(here.folder('pictures'), 'a.png', 256, 256);
    const bad = join(here.folder('pictures'), 'white.png');
    await sharp(Buffer.alloc(256 * 256 * 3, 255), { raw: { width: 256, height: 256, channels: 3 } }).toFile(bad);
    const ids = (await call('pictures.add', { paths: [good, bad] })).added.map(({ id }) => id);
    const { id: sessionId } = await openTensorRt();
    const segment = (pictureId = '') => call('session.segment', { sessionId, pictureId, fresh: true });
    await segment(ids[0]);
    expect(here.devicesLost).toBe(0);
    await expect(segment(ids[1])).rejects.toEqual(failing('DEVICE_LOST'));
    expect(here.devicesLost).toBe(1);
    await expect(segment(ids[0])).rejects.toEqual(failing('SESSION_BROKEN'));
    await call('session.close', { sessionId });
    await expect(openTensorRt()).rejects.toEqual(failing('DEVICE_LOST'));
    expect(here.devicesLost).toBe(3);
  });

  it('is needed first', async () => {
    const error = await openTensorRt().catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'ENGINE_NEEDED', hint: `Build one: maskforge build ${here.modelId}` });
  });

  it('of another network is refused', async () => {
    const engine = await engineOf(await build());
    cpSync(join('tools', 'fixtures', 'models', 'small', 'original-ts14-256.onnx'), `${here.onnx}.2.onnx`);
    const other = await call('models.add', { path: `${here.onnx}.2.onnx` });
    const opening = call('session.open', { modelId: other.id, runtime: 'tensorrt', engineId: engine.id });
    await expect(opening).rejects.toEqual(failing('ENGINE_OF_OTHER_MODEL'));
  });

  it('is measured and profiled in its own words', async () => {
    const layers = JSON.stringify({
      Layers: [{ Name: 'second', Outputs: [{ 'Format/Datatype': 'Half' }], Metadata: '[ONNX Layer: node]' }],
    });
    await restart({ STAND_IN_LAYERS: layers, STAND_IN_BLANK: 'yes' });
    const { id } = await engineOf(await build({ precision: 'fp32' }));
    const report = await call('engines.bench', { engineId: id, options: { iterations: 100, endToEnd: true } });
    expect(report.gpuComputeTime).toMatchObject({ min: 1, max: 1.099, median: expect.closeTo(1.0495, 6) });
    expect(report).toMatchObject({ iterations: 100, throughputQps: 800, device: 'Stand-in GPU' });
    expect(report.endToEnd.map(({ pinned }) => pinned)).toEqual([true, false]);
    const profile = await call('engines.profile', { engineId: id });
    expect(profile.layers).toEqual([
      { name: 'second', medianMs: 0.75, share: 0.75, precision: 'fp16', nodes: ['node'] },
      { name: 'first', medianMs: 0.25, share: 0.25, precision: '', nodes: [] },
    ]);
    const big = { batch: 2, height: 256, width: 256 };
    const outside = call('engines.bench', { engineId: id, options: { shape: big } });
    await expect(outside).rejects.toEqual(failing('ENGINE_SHAPE_OUT_OF_RANGE'));
  }, 60_000);

  it('is compared with the reference and with drawn masks', async () => {
    const { id } = await engineOf(await build({ precision: 'fp32' }));
    const [images, masks] = [here.folder('images'), here.folder('masks')];
    await noise(images, 'a.png', 256, 256);
    await noise(images, 'b.png', 256, 256);
    writeFileSync(join(images, 'broken.png'), 'no picture');
    await drawnMasks(masks, ['a.png', 'b.png']);
    const job = await ended((await call('engines.verify', { engineId: id, images, masks })).jobId);
    expect(job.error).toBeNull();
    const report = await call('engines.verification', { engineId: id });
    expect(report).toMatchObject({ pictures: 2, agreement: { pixelAgreement: 1, meanIou: 1 } });
    expect(report?.accuracy?.engine).toEqual(report?.accuracy?.reference);
    expect(report?.failures).toMatchObject([{ name: 'broken.png' }]);
  }, 60_000);
});
