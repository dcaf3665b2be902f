import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataType } from '../data-type';
import { describeIo } from '../describe-io';
import { float16ToNumber, numberToFloat16 } from '../half-float';
import { loadOrt } from '../load-ort';
import { modelFromBytes, openModel } from '../model';
import type { OnnxModel } from '../model';
import { modelToBytes } from '../model-write';
import type { OrtTensor } from '../ort';
import { runPass } from '../pass';
import { imageInput } from './image-input';
import { agreement, resizeBilinear, winners } from '../verify/metrics';
import { maskOutput } from './mask-output';

const ort = await loadOrt();

const ODD = join(__dirname, '../../../tools/fixtures/models/odd');
const SMALL = join(__dirname, '../../../tools/fixtures/models/small');

async function run(model: OnnxModel, feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>> {
  const bytes = modelToBytes(model);
  modelFromBytes(bytes);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value as OrtTensor]));
}

/** Pixels whose largest channel is known: channel (x + y) % 3 is 200, the others 10. */
function stripes(height: number, width: number): { pixels: Uint8Array; ids: number[] } {
  const pixels = new Uint8Array(height * width * 3).fill(10);
  const ids: number[] = [];
  for (let index = 0; index < height * width; index += 1) {
    const winner = ((index % width) + Math.floor(index / width)) % 3;
    pixels[index * 3 + winner] = 200;
    ids.push(winner);
  }
  return { pixels, ids };
}

const PLAIN = { channelOrder: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const;

describe('image-input and mask-output', () => {
  test.each([
    ['channels.onnx', 'uint8'],
    ['nhwc-input.onnx', 'uint8'],
    ['float16.onnx', 'uint8'],
    ['uint8-input.onnx', 'uint8'],
    ['many-classes.onnx', 'uint16'],
    ['class-ids.onnx', 'uint8'],
    ['class-ids-keepdims.onnx', 'uint8'],
    ['two-outputs.onnx', 'uint8'],
    ['subgraph.onnx', 'uint8'],
    ['local-function.onnx', 'uint8'],
  ])('%s ends in a %s mask of the brightest channel', async (file, type) => {
    const model = await openModel(join(ODD, file));
    await runPass(model, imageInput({ preprocessing: PLAIN }));
    await runPass(model, maskOutput({ size: 'input' }));
    const io = describeIo(model);
    expect(io.input.type).toBe('uint8');
    expect(io.output.kind).toBe('class-ids');
    const { pixels, ids } = stripes(6, 8);
    const nchw = Uint8Array.from({ length: 144 }, (_, index) => pixels[(index % 48) * 3 + Math.floor(index / 48)] ?? 0);
    const feeds =
      io.input.layout === 'NHWC'
        ? new ort.Tensor('uint8', pixels, [1, 6, 8, 3])
        : new ort.Tensor('uint8', nchw, [1, 3, 6, 8]);
    const results = await run(model, { [io.input.name]: feeds });
    const mask = results[io.output.name];
    expect(mask?.type).toBe(type);
    expect(mask?.dims).toEqual([1, 6, 8]);
    expect(Array.from(mask?.data as Uint8Array)).toEqual(ids);
  });

  test('BGR networks see the channels reversed, normalised in their own order', async () => {
    const model = await openModel(join(ODD, 'channels.onnx'));
    const bgr = { channelOrder: 'bgr', scale: 1, mean: [100, 0, 0], std: [1, 1, 1] } as const;
    await runPass(model, imageInput({ preprocessing: bgr }));
    const results = await run(model, { pixels: new ort.Tensor('uint8', Uint8Array.of(1, 2, 130), [1, 1, 1, 3]) });
    expect(Array.from(Object.values(results)[0]?.data as Float32Array)).toEqual([30, 2, 1]);
  });

  test('the size can be told at each run, and the probability is the softmax of the winner', async () => {
    const model = await openModel(join(ODD, 'channels.onnx'));
    await runPass(model, maskOutput({ size: 'from-input', probability: true, keepLogits: true }));
    const io = describeIo(model);
    expect(io).toMatchObject({ sizeInput: 'mask_size', probabilityOutput: 'probability', output: { name: 'mask' } });
    const results = await run(model, {
      [io.input.name]: new ort.Tensor('float32', [1, 2, 4], [1, 3, 1, 1]),
      mask_size: new ort.Tensor('int64', [2n, 5n]),
    });
    expect(results['mask']?.dims).toEqual([1, 2, 5]);
    expect(results['probability']?.data[0]).toBeCloseTo(1 / (1 + Math.exp(-2) + Math.exp(-3)), 5);
  });

  test.each(['original-ts11-dynamic.onnx', 'original-ts17-256-half.onnx', 'transformers-dynamo18-256.onnx'])(
    '%s: the mask is the winner of the resized logits',
    async (file) => {
      const model = await openModel(join(SMALL, file));
      await runPass(model, maskOutput({ size: { height: 96, width: 80 }, keepLogits: true, probability: true }));
      const io = describeIo(model);
      const data = Float32Array.from(
        { length: 3 * 256 * 256 },
        (_, index) => Math.sin(index * 0.7) + Math.cos(index / 91),
      );
      const feed =
        io.input.type === 'float16'
          ? new ort.Tensor('float16', Uint16Array.from(data, numberToFloat16), [1, 3, 256, 256])
          : new ort.Tensor('float32', data, [1, 3, 256, 256]);
      const results = await run(model, { [io.input.name]: feed });
      expect(results['mask']?.dims).toEqual([1, 96, 80]);
      const logits = results['logits'];
      const [, classes = 0, height = 0, width = 0] = logits?.dims ?? [];
      const isHalf = logits?.type === 'float16';
      const numbers = Float32Array.from(logits?.data as Float32Array, (value) =>
        isHalf ? float16ToNumber(value) : value,
      );
      const resized = resizeBilinear({ data: numbers, dims: [1, classes, height, width] }, 96, 80);
      // Two classes may tie up to rounding.
      expect(agreement(winners(resized), results['mask']?.data as Uint8Array)).toBeGreaterThan(isHalf ? 0.99 : 0.9995);
      expect(results['mask']?.type).toBe('uint8');
      expect(new Set(results['mask']?.data as Uint8Array).size).toBeGreaterThan(1);
    },
  );
});

describe('describeIo', () => {
  test.each([
    ['channels-static.onnx', { layout: 'NCHW', type: 'float32', batch: 1, height: 64, width: 96 }, 'logits', 3],
    ['nhwc-input.onnx', { layout: 'NHWC', type: 'float32', height: null }, 'logits', 3],
    ['uint8-nhwc-class-ids.onnx', { layout: 'NHWC', type: 'uint8' }, 'class-ids', null],
    ['float16.onnx', { layout: 'NCHW', type: 'float16' }, 'logits', 3],
    ['many-classes.onnx', { layout: 'NCHW' }, 'logits', 300],
    ['tiny-unet.onnx', { layout: 'NCHW' }, 'logits', 3],
  ])('%s', async (file, input, kind, classes) => {
    const io = describeIo(await openModel(join(ODD, file)));
    expect(io).toMatchObject({ input, output: { kind, classes } });
  });

  test('the number of classes follows from the graph where the file leaves it open', async () => {
    const model = await openModel(join(ODD, 'many-classes.onnx'));
    const { name = '' } = model.graph.outputs[0] ?? {};
    model.graph.removeOutput(name);
    model.graph.addOutput(name, DataType.FLOAT, ['a', 'b', 'c', 'd']);
    expect(describeIo(model).output).toMatchObject({ kind: 'logits', layout: 'NCHW', classes: 300 });
    model.graph.removeOutput(name);
    model.graph.addOutput(name, DataType.FLOAT, undefined);
    expect(describeIo(model).output).toMatchObject({ kind: 'logits', layout: 'NCHW', classes: 300 });
  });

  test.each([
    ['two-inputs.onnx', 'ONNX_INPUT_COUNT'],
    ['no-input.onnx', 'ONNX_INPUT_COUNT'],
    ['five-d-input.onnx', 'ONNX_INPUT_UNSUPPORTED'],
    ['vector-output.onnx', 'ONNX_OUTPUT_UNSUPPORTED'],
  ])('%s is refused with %s', async (file, code) => {
    const model = await openModel(join(ODD, file));
    expect(() => describeIo(model)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
