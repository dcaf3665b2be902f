import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeIo } from '../../onnx/describe-io';
import { openModel } from '../../onnx/model';
import type { Frame, FrameSource } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';
import type { ModelSummary, SizePolicy } from '../../shared/domain/model';
import { createOnnxRuntime } from './ort-runtime';

const onnxRuntime = createOnnxRuntime();
const odd = join('tools', 'fixtures', 'models', 'odd');

interface OddModel {
  readonly file: string;
  readonly opens: boolean | null;
  readonly predictable?: boolean;
}
const index = JSON.parse(readFileSync(join(odd, 'index.json'), 'utf8')) as OddModel[];

/** What the model library would say of a file that nobody describes. */
async function summary(path: string, size: SizePolicy): Promise<ModelSummary> {
  const model = await openModel(path);
  const { input, output, irVersion, opset, producer } = describeIo(model);
  model.close();
  const facts = { id: path, name: path, path, sizeBytes: 0, bundled: false, irVersion, opset, producer, input, output };
  const bytes = input.type === 'uint8';
  return {
    ...facts,
    labels: [],
    labelsSource: 'assumed',
    preprocessing: {
      size:
        input.height !== null && input.width !== null
          ? { mode: 'stretch', width: input.width, height: input.height }
          : size,
      resample: 'bilinear',
      channelOrder: 'rgb',
      scale: bytes ? 1 : 1 / 255,
      mean: bytes ? [0, 0, 0] : [0.485, 0.456, 0.406],
      std: bytes ? [1, 1, 1] : [0.25, 0.25, 0.25],
    },
    preprocessingSource: 'assumed',
    warnings: [],
  };
}

/** Blocks of 16 x 16 pixels in nearly pure colours, by a fixed pattern; the models answer with the largest channel. */
function blocks(width: number, height: number): Frame {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set([30, 40, 35], (y * width + x) * 3);
    for (let x = 0; x < width; x++) pixels[(y * width + x) * 3 + channelAt(x, y)] = 220;
  }
  return { width, height, channels: 3, pixels };
}

function channelAt(x: number, y: number): number {
  return (((x >> 4) * 7 + (y >> 4) * 3 + ((x >> 4) * (y >> 4)) / 2) % 3) | 0;
}

function source(frame: Frame): FrameSource {
  return { width: frame.width, height: frame.height, read: async (size) => resized(frame, size ?? frame) };
}

/** Nearest neighbour is exact enough for blocks, and media is another layer's business. */
function resized(frame: Frame, { width, height }: { width: number; height: number }): Frame {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = Math.floor((((i % width) + 0.5) * frame.width) / width);
    const y = Math.floor(((Math.floor(i / width) + 0.5) * frame.height) / height);
    pixels.set(frame.pixels.subarray((y * frame.width + x) * 3, (y * frame.width + x) * 3 + 3), i * 3);
  }
  return { width, height, channels: 3, pixels };
}

/** Share of pixels, at least `margin` pixels away from any block's border, whose class is not the largest channel. */
function wrongShare(mask: Mask, margin: number): number {
  const ids = maskIds(mask);
  let wrong = 0;
  let counted = 0;
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      const [bx, by] = [x % 16, y % 16];
      if (Math.min(bx, by) < margin || Math.max(bx, by) >= 16 - margin) continue;
      counted += 1;
      if (ids[y * mask.width + x] !== channelAt(x, y)) wrong += 1;
    }
  }
  return wrong / counted;
}

async function segment(file: string, size: SizePolicy, frame: Frame): Promise<Mask> {
  const session = await onnxRuntime.open(await summary(join(odd, file), size), { threads: 1 });
  try {
    return (await session.segment(source(frame))).mask;
  } finally {
    await session.close();
  }
}

const stretch: SizePolicy = { mode: 'stretch', width: 96, height: 64 };
const openable = index.filter(({ opens, predictable }) => opens === true && predictable !== false);

describe('models of every kind', () => {
  it.each(openable.map(({ file }) => file))('%s gives the largest channel', async (file) => {
    const mask = await segment(file, stretch, blocks(192, 128));
    expect([mask.width, mask.height]).toEqual([192, 128]);
    expect(wrongShare(mask, 5)).toBe(0);
  });

  it('takes a network that is no SegFormer', async () => {
    expect((await segment('tiny-unet.onnx', stretch, blocks(50, 30))).data.byteLength).toBe(1500);
  });

  it('writes ids of two bytes past 255 classes', async () => {
    expect((await segment('many-classes.onnx', stretch, blocks(96, 64))).bytesPerId).toBe(2);
  });

  // One channel is no fault: such networks are given the picture in grey.
  const broken = index.filter(({ file, opens }) => opens === false && file !== 'one-channel-input.onnx');
  it.each(broken.map(({ file }) => file))('%s is refused with a code', async (file) => {
    const error: unknown = await segment(file, stretch, blocks(96, 64)).catch((reason: unknown) => reason);
    expect(error).toHaveProperty('name', 'AppError');
    expect(error).toHaveProperty('code', expect.stringMatching(/^(ONNX|FILE)_/));
    expect(error).toHaveProperty('message', expect.stringContaining(file));
    expect(error).toHaveProperty('hint', expect.stringMatching(/\.$/));
  });

  it('gives a network with one channel the picture in grey', async () => {
    const pixels = new Uint8Array(64 * 64 * 3).fill(200);
    const mask = await segment('one-channel-input.onnx', stretch, { width: 64, height: 64, channels: 3, pixels });
    expect([mask.width, mask.height]).toEqual([64, 64]);
  });

  it('names the operator that is missing', async () => {
    await expect(segment('custom-op.onnx', stretch, blocks(96, 64))).rejects.toMatchObject({
      code: 'ONNX_UNSUPPORTED_OPERATOR',
      message: expect.stringContaining('Sharpen') as unknown,
    });
  });

  it('refuses a size policy that a static graph cannot meet', async () => {
    const model = await summary(join(odd, 'channels-static.onnx'), stretch);
    const wrong = { ...model, preprocessing: { ...model.preprocessing, size: { ...stretch, width: 128 } } };
    await expect(onnxRuntime.open(wrong, { threads: 1 })).rejects.toMatchObject({ code: 'MODEL_SIZE_MISMATCH' });
  });
});

describe('size policies', () => {
  const policies: [string, SizePolicy][] = [
    ['stretch', { mode: 'stretch', width: 192, height: 64 }],
    ['pad, wider than the picture', { mode: 'pad', width: 256, height: 96, fill: [10, 200, 10] }],
    ['pad, higher than the picture', { mode: 'pad', width: 128, height: 256, fill: [200, 10, 10] }],
    ['native', { mode: 'native', multipleOf: 32, maxSide: 4096 }],
    ['native, made smaller', { mode: 'native', multipleOf: 32, maxSide: 150 }],
    ['tiles without overlap', { mode: 'tile', width: 64, height: 32, overlap: 0 }],
    ['tiles with overlap', { mode: 'tile', width: 64, height: 48, overlap: 20 }],
    ['tiles larger than the picture', { mode: 'tile', width: 512, height: 512, overlap: 64 }],
    ['tiles in one row', { mode: 'tile', width: 64, height: 128, overlap: 8 }],
  ];
  for (const file of ['channels.onnx', 'quarter.onnx', 'class-ids.onnx', 'nhwc-input.onnx']) {
    it.each(policies)(`${file}: %s`, async (_, size) => {
      const mask = await segment(file, size, blocks(203, 109));
      expect([mask.width, mask.height]).toEqual([203, 109]);
      expect(wrongShare(mask, 6)).toBe(0);
    });
  }

  it('averages overlapping tiles to what one run over the whole gives', async () => {
    const frame = blocks(160, 96);
    const whole = await segment('quarter.onnx', { mode: 'native', multipleOf: 4, maxSide: 4096 }, frame);
    const tiled = await segment('quarter.onnx', { mode: 'tile', width: 64, height: 32, overlap: 16 }, frame);
    expect(Buffer.compare(Buffer.from(tiled.data), Buffer.from(whole.data))).toBe(0);
  });

  it('takes a picture of one pixel', async () => {
    for (const [, size] of policies) {
      const mask = await segment('channels.onnx', size, {
        width: 1,
        height: 1,
        channels: 3,
        pixels: Uint8Array.of(9, 9, 200),
      });
      expect([...mask.data]).toEqual([2]);
    }
  });
});

describe('a session', () => {
  it('queues calls that overlap and answers each with its own mask', async () => {
    const session = await onnxRuntime.open(await summary(join(odd, 'channels.onnx'), stretch), { threads: 1 });
    const colors = [0, 1, 2, 1, 0].map((channel) => {
      const pixels = new Uint8Array(48);
      for (let i = channel; i < 48; i += 3) pixels[i] = 255;
      return pixels;
    });
    const outcomes = await Promise.all(
      colors.map((pixels) => session.segment(source({ width: 4, height: 4, channels: 3, pixels }))),
    );
    expect(outcomes.map(({ mask }) => mask.data[5])).toEqual([0, 1, 2, 1, 0]);
    for (const { timings } of outcomes) {
      const stages = timings.decode + timings.preprocess + timings.infer + timings.postprocess;
      expect(timings.infer).toBeGreaterThan(0);
      expect(timings.total).toBeGreaterThanOrEqual(stages);
    }
    await session.close();
    await session.close();
    await expect(session.segment(source(blocks(8, 8)))).rejects.toMatchObject({ code: 'SESSION_CLOSED' });
  });

  it('stops a picture that was cancelled while it waited', async () => {
    const session = await onnxRuntime.open(await summary(join(odd, 'channels.onnx'), stretch), { threads: 1 });
    const controller = new AbortController();
    const first = session.segment(source(blocks(400, 400)));
    const second = session.segment(source(blocks(400, 400)), { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await first).mask.width).toBe(400);
    await session.close();
  });

  it('says what it is', async () => {
    expect(await onnxRuntime.probe()).toMatchObject({
      id: 'onnxruntime',
      available: true,
      version: expect.stringMatching(/^\d+\./) as unknown,
    });
  });
});

describe('prepared graphs', () => {
  const small = join('tools', 'fixtures', 'models', 'small', 'original-ts13-dynamic.onnx');
  const size: SizePolicy = { mode: 'stretch', width: 96, height: 64 };

  async function maskWith(options: Parameters<typeof createOnnxRuntime>[0]): Promise<Mask> {
    const session = await createOnnxRuntime(options).open(await summary(small, size), { threads: 1 });
    try {
      return (await session.segment(source(blocks(96, 64)))).mask;
    } finally {
      await session.close();
    }
  }

  it('give the mask of the graph as it lies in the file, first, kept, and when the kept one is damaged', async () => {
    const cacheDirectory = mkdtempSync(join(tmpdir(), 'graphs-'));
    try {
      const plain = await maskWith({ rewrite: false });
      expect(new Set(plain.data).size).toBeGreaterThan(1);
      const same = (mask: Mask): number =>
        mask.data.reduce((count, id, i) => count + (id === plain.data[i] ? 1 : 0), 0);
      // Weights of these fixtures are random, so that many pixels are close to a tie.
      const enough = plain.data.length * 0.995;
      expect(same(await maskWith({ cacheDirectory }))).toBeGreaterThan(enough);
      const [file = '', ...others] = readdirSync(cacheDirectory);
      expect([file, others]).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.FP32\.onnx$/), []]);
      expect(same(await maskWith({ cacheDirectory }))).toBeGreaterThan(enough);
      writeFileSync(join(cacheDirectory, file), 'damaged');
      expect(same(await maskWith({ cacheDirectory }))).toBeGreaterThan(enough);
      expect(readFileSync(join(cacheDirectory, file)).length).toBeGreaterThan(10_000);
    } finally {
      rmSync(cacheDirectory, { recursive: true, force: true });
    }
  });

  it.each([
    ['int8-qdq.onnx', 'INT8'],
    ['float16.onnx', 'FP16'],
    ['channels.onnx', 'FP32'],
  ])('%s computes in %s, kept or not', async (file, precision) => {
    const cacheDirectory = mkdtempSync(join(tmpdir(), 'graphs-'));
    try {
      for (let run = 0; run < 2; run++) {
        const session = await createOnnxRuntime({ cacheDirectory }).open(await summary(join(odd, file), stretch), {
          threads: 1,
        });
        expect(session.precision).toBe(precision);
        await session.close();
      }
    } finally {
      rmSync(cacheDirectory, { recursive: true, force: true });
    }
  });

  it('do without a folder that cannot be made', async () => {
    expect((await maskWith({ cacheDirectory: join(small, 'below-a-file') })).width).toBe(96);
  });
});

describe('a network in a thread of its own', () => {
  // Below the repository, so that the thread finds its packages.
  const folder = resolve('out', `test-worker-${process.pid}`);
  const workerFile = join(folder, 'ort-worker.cjs');
  beforeAll(() =>
    build({
      entryPoints: [join('src', 'runtimes', 'onnxruntime', 'ort-worker.ts')],
      outfile: workerFile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['onnxruntime-node'],
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers as one in this thread, again and again, and leaves this thread free', async () => {
    const model = await summary(join(odd, 'channels.onnx'), { mode: 'native', multipleOf: 1, maxSide: 4096 });
    const session = await createOnnxRuntime({ workerFile }).open(model, { threads: 1 });
    for (const side of [300, 300, 200, 300]) {
      const { mask } = await session.segment(source(blocks(side, 100)));
      expect([mask.width, wrongShare(mask, 0)]).toEqual([side, 0]);
    }
    // So large that the network works for far longer than a turn of the event loop; a thread that computes takes none.
    const answer = { turns: 0, pending: true };
    const segmenting = session.segment(source(blocks(2000, 100))).finally(() => (answer.pending = false));
    for (; answer.pending; answer.turns++) await new Promise((next) => setImmediate(next));
    await segmenting;
    expect(answer.turns).toBeGreaterThan(5);
    await session.close();
    await session.close();
  });

  it('gives the same codes', async () => {
    const custom = await summary(join(odd, 'custom-op.onnx'), stretch);
    await expect(createOnnxRuntime({ workerFile }).open(custom, { threads: 1 })).rejects.toMatchObject({
      code: 'ONNX_UNSUPPORTED_OPERATOR',
      hint: expect.stringContaining('Export') as unknown,
    });
  });

  it('runs ids of 64 bits and half precision', async () => {
    for (const file of ['class-ids.onnx', 'float16.onnx']) {
      const session = await createOnnxRuntime({ workerFile }).open(await summary(join(odd, file), stretch), {
        threads: 1,
      });
      expect(wrongShare((await session.segment(source(blocks(192, 128)))).mask, 5)).toBe(0);
      await session.close();
    }
  });

  it('is done without where it cannot be loaded', async () => {
    writeFileSync(join(folder, 'broken.cjs'), 'throw new Error("no library here")');
    const runtime = createOnnxRuntime({ workerFile: join(folder, 'broken.cjs') });
    const session = await runtime.open(await summary(join(odd, 'channels.onnx'), stretch), { threads: 1 });
    expect((await session.segment(source(blocks(96, 64)))).mask.width).toBe(96);
    await session.close();
  });
});
