import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildEvent, BuildRequest, NativeAddon, NativeFrame, NativeLibrary, NativePlacement } from './addon';

// The addon itself, on a machine with or without a GPU. MASKFORGE_ADDON names it (else native/build/lib); MASKFORGE_TENSORRT
// names the folder of TensorRT for RTX, without which only what needs no library is tested.
const addonFile = process.env['MASKFORGE_ADDON'] ?? resolve('native/build/lib/maskforge.node');
const rtxFolder =
  (process.env['MASKFORGE_RTX_DIRECTORY'] ?? process.env['MASKFORGE_TENSORRT'] ?? '').split(':')[0] ?? '';
const hasAddon = existsSync(addonFile);
const hasRtx = hasAddon && rtxFolder !== '' && existsSync(join(rtxFolder, 'libtensorrt_rtx.so.1'));

const models = resolve('tools/fixtures/models');
const segformer = join(models, 'small/original-ts13-256.onnx');
const tiny = join(models, 'odd/channels-static.onnx');

const paths = {
  family: 'tensorrt-rtx',
  backend: join(dirname(addonFile), 'libmaskforge_backend_rtx.so'),
  runtime: join(rtxFolder, 'libtensorrt_rtx.so.1'),
  parser: join(rtxFolder, 'libtensorrt_onnxparser_rtx.so.1'),
} as const;

const nothing = (): void => undefined;
const load = (): NativeAddon => createRequire(import.meta.url)(addonFile) as NativeAddon;
/** What TypeScript would not let through. */
const wrong = <T>(value: unknown): T => value as T;

const folder = mkdtempSync(join(tmpdir(), 'maskforge-addon-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function request(onnxPath: string, more: Partial<BuildRequest> = {}): BuildRequest {
  count += 1;
  return { onnxPath, profiles: [], enginePath: join(folder, `${String(count)}.engine`), ...more };
}

describe.skipIf(!hasAddon)('the addon', () => {
  it('has a version and answers for the driver', async () => {
    const addon = load();
    expect(addon.version).toMatch(/^\d+\.\d+\.\d+/);
    const report = await addon.probeCuda();
    expect(report.reason === '').toBe(report.devices.length > 0);
    if (report.driverLibrary === null) expect(report.cudaVersion).toBeNull();
  });

  it.each([
    ['no argument', undefined],
    ['a string', 'tensorrt-rtx'],
    ['another family', { ...paths, family: 'tensorrt-9' }],
    ['a number for a path', { ...paths, runtime: 5 }],
    ['a missing path', { family: paths.family, backend: paths.backend, runtime: paths.runtime }],
  ])('refuses to open a library given %s', (_, given) => {
    expect(() => load().openLibrary(wrong(given))).toThrow(TypeError);
  });

  it('rejects with a code where there is no library', async () => {
    const missing = load().openLibrary({ ...paths, backend: '/nowhere/backend.so' });
    await expect(missing).rejects.toMatchObject({
      code: 'LIBRARY_MISSING',
      message: expect.stringContaining('/nowhere'),
    });
    await expect(load().openLibrary({ ...paths, backend: segformer })).rejects.toMatchObject({
      code: expect.stringMatching(/^LIBRARY_(BROKEN|MISSING)$/),
    });
  });
});

/** A process of its own that exits in the middle of a build; how it ended. */
function exitWhileBuilding(code: number): Promise<{ code: number | null; signal: string | null; said: string }> {
  const script = `
    const addon = require(${JSON.stringify(addonFile)});
    process.once('exit', (code) => addon.leave(code));
    const request = ${JSON.stringify(request(segformer))};
    addon.openLibrary(${JSON.stringify(paths)}).then((library) =>
      library.build(request, (event) => event.kind === 'step' && process.exit(${code}))
    ).then(() => process.exit(1), (error) => { console.error(error); process.exit(2); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  return new Promise((resolve) => child.once('close', (exit, signal) => resolve({ code: exit, signal, said })));
}

describe.skipIf(!hasRtx)('a process that exits while it builds', () => {
  it('ends with its own code and leaves no engine', async () => {
    const engines = readdirSync(folder).length;
    expect(await exitWhileBuilding(41)).toEqual({ code: 41, signal: null, said: '' });
    expect(readdirSync(folder)).toHaveLength(engines);
  });
});

const frame: NativeFrame = { pixels: new Uint8Array(4 * 2 * 3).fill(9), width: 4, height: 2, format: 'rgb8' };
const placement: NativePlacement = {
  resizedWidth: 4,
  resizedHeight: 2,
  inputWidth: 4,
  inputHeight: 2,
  fill: new Uint8Array(3),
  tiles: [{ x: 0, y: 0 }],
  maskWidth: 4,
  maskHeight: 2,
  scaleX: 1,
  scaleY: 1,
};
const tables = new Uint8Array(3 * 256).map((_, index) => index % 256);
const normalisation = { nhwc: true, channels: 3, source: [0, 1, 2], tables, resample: 'nearest' } as const;

describe.skipIf(!hasAddon)('the arithmetic of the kernels on the processor', () => {
  it('writes pixels as the tables say', () => {
    const [tensor] = load().hostPreprocess(frame, placement, normalisation);
    expect(tensor).toEqual(new Uint8Array(24).fill(9));
  });

  it('picks the class of the greatest logit', () => {
    const logits = Float32Array.from([0, 0, 0, 5, 0, 0, 0, 0, /**/ 1, 1, 1, 1, 1, 1, 1, 1]);
    const data = new Uint8Array(logits.buffer);
    const { mask } = load().hostPostprocess(
      { data, type: 'float32', nhwc: false, dims: [1, 2, 2, 4] },
      placement,
      false,
    );
    expect([...mask]).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
  });

  it.each([
    ['too few pixels', { ...frame, pixels: new Uint8Array(23) }, placement],
    ['pixels of another type', { ...frame, pixels: new Uint16Array(24) }, placement],
    ['no size', { ...frame, width: 0 }, placement],
    ['half a pixel', { ...frame, width: 1.5 }, placement],
    ['an unknown format', { ...frame, format: 'bgr8' }, placement],
    ['no tile', frame, { ...placement, tiles: [] }],
    ['a tile that is none', frame, { ...placement, tiles: [7] }],
    ['a size that is not a number', frame, { ...placement, maskWidth: Number.NaN }],
    ['nothing', undefined, undefined],
  ])('refuses %s', (_, badFrame, badPlacement) => {
    expect(() => load().hostPreprocess(wrong(badFrame), wrong(badPlacement), normalisation)).toThrow(TypeError);
  });
});

describe.skipIf(!hasRtx)('TensorRT for RTX through the addon', () => {
  let library: NativeLibrary;
  beforeAll(async () => {
    library = await load().openLibrary(paths);
  });

  it('says what it is, and is the same library when opened again', async () => {
    expect(library).toMatchObject({ family: 'tensorrt-rtx', buildsWithoutDevice: true });
    expect((await load().openLibrary(paths)).version).toBe(library.version);
    const elsewhere = load().openLibrary({ ...paths, runtime: '/nowhere/libtensorrt_rtx.so.1' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'LIBRARY_CONFLICT' });
    expect(await library.pluginCreators()).toContainEqual(expect.objectContaining({ name: expect.any(String) }));
  });

  it('builds, and tells every phase from its start to its end', async () => {
    const events: BuildEvent[] = [];
    const wanted = request(segformer);
    const result = await library.build(wanted, (event) => events.push(event));
    expect(result.engineBytes).toBe(readFileSync(wanted.enginePath).length);
    expect(result.tensors.map(({ name, isInput }) => [name, isInput])).toEqual([
      ['image', true],
      ['logits', false],
    ]);
    const open: string[] = [];
    for (const event of events) {
      if (event.kind === 'phase') {
        expect(event.parent === '' || open.includes(event.parent)).toBe(true);
        open.push(event.phase);
      }
      if (event.kind === 'step') expect(open).toContain(event.phase);
      if (event.kind === 'end') open.splice(open.lastIndexOf(event.phase), 1);
    }
    expect(open).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'phase').length).toBeGreaterThan(5);
    expect(events.filter(({ kind }) => kind === 'log').length).toBeGreaterThan(0);
  });

  it('takes the graph from memory, and may parse only', async () => {
    const onnxBytes = readFileSync(segformer);
    const parsed = await library.build(
      request('a graph.onnx', { onnxBytes, parseOnly: true, enginePath: '' }),
      nothing,
    );
    expect(parsed).toMatchObject({ engineBytes: 0, layerInformation: '' });
    expect(parsed.layers).toBeGreaterThan(100);
  });

  it('is cancelled from the first event on, leaves no engine, and builds again', async () => {
    for (const phase of ['', 'Building engine', 'Optimizing graph']) {
      const controller = new AbortController();
      const wanted = request(join(models, 'small/transformers-ts13-512.onnx'));
      const watch = (event: BuildEvent): void => {
        if (event.kind === 'phase' && event.phase.includes(phase)) controller.abort();
      };
      await expect(library.build(wanted, watch, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(existsSync(wanted.enginePath)).toBe(false);
    }
    await expect(library.build(request(tiny), nothing)).resolves.toMatchObject({ engineBytes: expect.any(Number) });
  });

  it('does not begin what was aborted before', async () => {
    const wanted = request(tiny);
    await expect(library.build(wanted, nothing, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(wanted.enginePath)).toBe(false);
  });

  it('ends a build whose listener throws, with what it threw', async () => {
    const fault = new Error('a listener’s fault');
    const throwing = (): void => {
      throw fault;
    };
    await expect(library.build(request(segformer), throwing)).rejects.toBe(fault);
  });

  it.each([
    ['odd/truncated.onnx', 'ONNX_PARSE_FAILED', 'truncated.onnx'],
    ['odd/custom-op.onnx', 'ONNX_PLUGIN_MISSING', 'Sharpen'],
    ['odd/absent.onnx', 'FILE_READ_FAILED', 'absent.onnx'],
    ['small/original-ts13-dynamic.onnx', 'PROFILE_MISSING', 'image'],
  ])('refuses %s with %s', async (name, code, part) => {
    const refused = library.build(request(join(models, name)), nothing);
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(part) });
  });

  it.each([
    ['no request', undefined],
    ['no path', { profiles: [], enginePath: '' }],
    ['profiles that are none', { ...request(tiny), profiles: [5] }],
    ['a range without sizes', { ...request(tiny), profiles: [[{ name: 'image' }]] }],
    ['sizes that are none', { ...request(tiny), profiles: [[{ name: 'i', min: ['1'], opt: [1], max: [1] }]] }],
    ['a level out of range', { ...request(tiny), optimizationLevel: 9 }],
    ['bytes that are none', { ...request(tiny), onnxBytes: 'bytes' }],
    ['an unknown typing', { ...request(tiny), typing: 'weak' }],
  ])('throws a TypeError for %s', (_, given) => {
    expect(() => library.build(wrong(given), nothing)).toThrow(TypeError);
  });

  it('throws a TypeError for what is no listener, no signal, no engine', () => {
    expect(() => library.build(request(tiny), wrong(undefined))).toThrow(TypeError);
    expect(() => library.build(request(tiny), nothing, wrong({ aborted: false }))).toThrow(TypeError);
    expect(() => library.openEngine(wrong(5), { device: 0 })).toThrow(TypeError);
    expect(() => library.openEngine('an.engine', wrong({ device: -1 }))).toThrow(TypeError);
    expect(() => library.openEngine('an.engine', wrong({ device: 0, onLog: 5 }))).toThrow(TypeError);
    expect(() => library.loadPlugins(wrong(null))).toThrow(TypeError);
  });

  it('cannot be called with a foreign this', async () => {
    const { pluginCreators } = library;
    expect((await Reflect.apply(pluginCreators, {}, [])).length).toBeGreaterThan(0);
  });

  it('refuses engines and plugins that are none', async () => {
    const file = join(folder, 'junk');
    writeFileSync(file, 'junk'.repeat(1000));
    await expect(library.openEngine(file, { device: 0 })).rejects.toMatchObject({ code: 'ENGINE_CORRUPT' });
    await expect(library.openEngine(`${file}.no`, { device: 0 })).rejects.toMatchObject({ code: 'FILE_READ_FAILED' });
    await expect(library.loadPlugins(file)).rejects.toMatchObject({ code: 'PLUGIN_BROKEN' });
    await expect(library.loadPlugins(`${file}.no`)).rejects.toMatchObject({ code: 'PLUGIN_MISSING' });
  });

  it('builds side by side', async () => {
    const names = ['odd/channels-static.onnx', 'odd/custom-op.onnx', 'small/original-ts17-256.onnx'];
    const settled = await Promise.allSettled(names.map((name) => library.build(request(join(models, name)), nothing)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('holds no memory after many builds', async () => {
    const build = async (): Promise<void> => {
      const wanted = request(tiny);
      await library.build(wanted, nothing);
      rmSync(wanted.enginePath);
    };
    const repeat = async (times: number): Promise<number> => {
      for (let i = 0; i < times; i += 1) await build();
      return process.memoryUsage.rss() / 2 ** 20;
    };
    const sizes = [await repeat(40)];
    for (let round = 0; round < 4; round += 1) sizes.push(await repeat(20));
    // What is kept adds up in every round; what the allocator or the garbage collector holds back does not.
    const growth = sizes.slice(1).map((size, round) => size - (sizes[round] ?? 0));
    expect(Math.min(...growth), `MiB: ${sizes.map(Math.round).join(', ')}`).toBeLessThan(3);
  }, 120_000);
});

/** Runs in a worker: `name` says what it does while the worker ends. */
const workerSource = `
const { workerData, parentPort } = require('node:worker_threads');
const addon = require(workerData.addon);
addon.openLibrary(workerData.paths).then(async (library) => {
  const building = library.build(workerData.request, (event) => {
    if (event.kind === 'phase' && event.phase === 'Building engine') parentPort.postMessage('building');
  });
  parentPort.postMessage((await building).engineBytes);
});
`;

describe.skipIf(!hasRtx)('several environments', () => {
  const start = (wanted: BuildRequest): Worker =>
    new Worker(workerSource, { eval: true, workerData: { addon: addonFile, paths, request: wanted } });

  it('build each for itself', async () => {
    const workers = [request(tiny), request(segformer)].map(start);
    const bytes = workers.map(
      (worker) =>
        new Promise<number>((done, failed) => {
          worker.on('message', (said: unknown) => typeof said === 'number' && done(said));
          worker.on('error', failed);
        }),
    );
    const library = await load().openLibrary(paths);
    const own = await library.build(request(tiny), nothing);
    expect((await Promise.all(bytes)).every((size) => size >= own.engineBytes * 0.5)).toBe(true);
  });

  it('may end while they build, again and again, and leave no engine', async () => {
    const files: string[] = [];
    // At one moment or another the end meets an event on its way to JavaScript, which must not take the process with it.
    for (let delay = 0; delay <= 40; delay += 8) {
      const wanted = request(join(models, 'small/transformers-ts13-512.onnx'));
      files.push(basename(wanted.enginePath));
      const worker = start(wanted);
      await new Promise<void>((done, failed) => {
        worker.on('message', (said: unknown) => said === 'building' && done());
        worker.on('error', failed);
      });
      await new Promise((later) => setTimeout(later, delay));
      await worker.terminate();
    }
    expect(readdirSync(folder).filter((name) => files.includes(name))).toEqual([]);
  });
});
