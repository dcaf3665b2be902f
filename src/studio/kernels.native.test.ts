import { describe, expect, it } from 'vitest';
import { rawFrameToRgb } from '../media/raw-frame';
import { resizeFrame } from '../media/frame-resize';
import { float16ToNumber, numberToFloat16 } from '../onnx/half-float';
import { paintIds } from '../runtimes/onnxruntime/class-ids';
import type { Logits } from '../runtimes/onnxruntime/logits';
import { maskFromLogits } from '../runtimes/onnxruntime/logits';
import { createMaskKernel } from '../runtimes/onnxruntime/mask-painter';
import { TileMerger } from '../runtimes/onnxruntime/tile-merge';
import type { Placement, Tile } from '../runtimes/placement';
import type { NativeAddon, NativeFrame, NativePlacement } from '../runtimes/tensorrt/addon';
import { loadAddon } from '../runtimes/tensorrt/load-addon';
import { InputWriter } from '../runtimes/input-tensor';
import type { Frame, Resample } from '../shared/domain/frame';
import type { Mask } from '../shared/domain/mask';
import { maskIds } from '../shared/mask-ids';
import type { ModelInput, Preprocessing } from '../shared/domain/model';

// The GPU's kernels, compiled for the processor, against the implementations that the reference runtime uses.

function randomBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
}

type Format = 'rgb8' | 'rgba8' | 'nv12';

interface Picture {
  readonly native: NativeFrame;
  readonly frame: Frame;
}

/** The same picture as the device takes it (with padded rows) and as the reference does. */
function picture(format: Format, { width, height }: Size, turn: number): Picture {
  const seed = width * 31 + height + turn;
  const padding = [0, 5, 16][turn % 3] ?? 0;
  if (format === 'nv12') {
    const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
    const data = randomBytes(width * height + 2 * columns * rows, seed);
    const color = { matrix: turn % 2 === 0 ? 'bt709' : 'bt601', fullRange: turn % 4 < 2 } as const;
    const stride = columns * 2 + padding;
    const pixels = new Uint8Array(stride * (height + rows));
    for (let y = 0; y < height; y++) pixels.set(data.subarray(y * width, (y + 1) * width), y * stride);
    for (let y = 0; y < rows; y++) {
      const from = width * height + y * columns * 2;
      pixels.set(data.subarray(from, from + columns * 2), (height + y) * stride);
    }
    const frame = rawFrameToRgb({ format, width, height, data, ...color });
    return { native: { format, width, height, stride, pixels, ...color }, frame };
  }
  const channels = format === 'rgb8' ? 3 : 4;
  const data = randomBytes(width * height * channels, seed);
  const stride = width * channels + padding;
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    pixels.set(data.subarray(y * width * channels, (y + 1) * width * channels), y * stride);
  }
  return { native: { format, width, height, stride, pixels }, frame: { width, height, channels, pixels: data } };
}

interface PreprocessCase {
  readonly from: Size;
  readonly resized: Size;
  readonly input: Size;
  readonly tiles?: readonly Tile[];
}

const origin: readonly Tile[] = [{ x: 0, y: 0 }];

const preprocessCases: readonly (readonly [string, PreprocessCase])[] = [
  ['as it is', sizes([64, 48], [64, 48], [64, 48])],
  ['as it is, odd', sizes([61, 47], [61, 47], [61, 47])],
  ['padded', sizes([61, 47], [61, 47], [64, 64])],
  ['one pixel', sizes([1, 1], [1, 1], [1, 1])],
  ['one pixel to many', sizes([1, 1], [33, 17], [33, 17])],
  ['many to one pixel', sizes([33, 17], [1, 1], [4, 4])],
  ['down', sizes([200, 100], [50, 25], [64, 32])],
  ['up', sizes([37, 91], [128, 128], [128, 128])],
  ['wider only', sizes([53, 29], [97, 29], [97, 32])],
  ['taller only', sizes([53, 29], [53, 64], [64, 64])],
  ['a strip as wide as 8K', sizes([7680, 3], [512, 2], [512, 8])],
  ['a strip as high as 8K', sizes([3, 4320], [2, 512], [8, 512])],
  ['by a hair', sizes([130, 130], [129, 131], [160, 160])],
  ['video', sizes([640, 360], [256, 144], [256, 256])],
  [
    'tiles',
    {
      ...sizes([150, 90], [150, 90], [64, 64]),
      tiles: [0, 28].flatMap((y) => [0, 44, 88].map((x) => ({ x, y }))),
    },
  ],
];

function sizes(from: [number, number], resized: [number, number], input: [number, number]): PreprocessCase {
  const size = ([width, height]: [number, number]): Size => ({ width, height });
  return { from: size(from), resized: size(resized), input: size(input) };
}

interface Variant {
  readonly format: Format;
  readonly resample: Resample;
  readonly input: ModelInput;
  readonly order: Preprocessing['channelOrder'];
  readonly fill: readonly [number, number, number] | 'zero';
}

/** Every format with every filter; type, layout, channels and order take turns. */
function variants(): Variant[] {
  const types = ['float32', 'float16', 'uint8'] as const;
  const list: Variant[] = [];
  for (const format of ['rgb8', 'rgba8', 'nv12'] as const) {
    for (const resample of ['bilinear', 'bicubic', 'nearest'] as const) {
      for (const type of types) {
        const turn = list.length;
        const channels = turn % 5 === 3 ? 1 : 3;
        const layout = turn % 2 === 0 ? 'NCHW' : 'NHWC';
        const input: ModelInput = { name: 'image', type, layout, channels, batch: null, height: null, width: null };
        const fill = turn % 3 === 0 ? 'zero' : ([10, 200, 90] as const);
        list.push({ format, resample, input, order: turn % 3 === 1 ? 'bgr' : 'rgb', fill });
      }
    }
  }
  return list;
}

function preprocessingOf({ resample, order, input }: Variant): Preprocessing {
  const isBytes = input.type === 'uint8';
  return {
    size: { mode: 'stretch', width: 1, height: 1 },
    resample,
    channelOrder: order,
    scale: isBytes ? 1 : 1 / 255,
    mean: isBytes ? [0, 0, 0] : [0.485, 0.456, 0.406],
    std: isBytes ? [1, 1, 1] : [0.229, 0.224, 0.225],
  };
}

function placementOf(test: PreprocessCase, fill: Uint8Array): NativePlacement {
  return {
    resizedWidth: test.resized.width,
    resizedHeight: test.resized.height,
    inputWidth: test.input.width,
    inputHeight: test.input.height,
    fill,
    tiles: test.tiles ?? origin,
    maskWidth: 1,
    maskHeight: 1,
    scaleX: 1,
    scaleY: 1,
  };
}

/** How many bytes differ: a diff of two tensors tells nobody anything. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.max(a.length, b.length);
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count += 1;
  return count;
}

describe('hostPreprocess', () => {
  it.each(preprocessCases)('%s: the same bits as the reference', (_, test) => {
    const addon = loadAddon();
    variants().forEach((variant, turn) => {
      const { native, frame } = picture(variant.format, test.from, turn);
      const preprocessing = preprocessingOf(variant);
      const writer = new InputWriter(variant.input, preprocessing);
      const resized = resizeFrame(frame, { ...test.resized, resample: variant.resample });
      const got = addon.hostPreprocess(native, placementOf(test, writer.fillBytes(variant.fill)), {
        nhwc: variant.input.layout === 'NHWC',
        channels: variant.input.channels,
        source: writer.sources,
        tables: writer.tableBytes(),
        resample: variant.resample,
      });
      const expected = (test.tiles ?? origin).map((tile) => {
        const data = writer.allocate(test.input.width, test.input.height);
        writer.write(data, test.input, resized, tile, variant.fill);
        return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      });
      const wrong = expected.map((tile, i) => differences(got[i] ?? [], tile));
      expect(wrong, JSON.stringify(variant)).toEqual(expected.map(() => 0));
    });
  });
});

interface PostprocessCase {
  readonly classes: number;
  readonly grid: readonly [number, number];
  readonly mask: readonly [number, number];
  readonly scale?: readonly [number, number];
}

const postprocessCases: readonly (readonly [string, PostprocessCase])[] = [
  ['a quarter of the mask', { classes: 12, grid: [32, 24], mask: [128, 96] }],
  ['an eighth', { classes: 19, grid: [16, 16], mask: [128, 128] }],
  ['an odd ratio', { classes: 19, grid: [17, 13], mask: [113, 71] }],
  ['smaller in one direction', { classes: 5, grid: [40, 9], mask: [23, 60] }],
  ['larger than the mask', { classes: 7, grid: [64, 48], mask: [20, 15] }],
  ['the mask’s own size', { classes: 4, grid: [31, 22], mask: [31, 22] }],
  ['a part of it at its own size', { classes: 4, grid: [31, 22], mask: [30, 17], scale: [1, 1] }],
  ['one position', { classes: 6, grid: [1, 1], mask: [5, 4] }],
  ['one row', { classes: 6, grid: [9, 1], mask: [50, 7] }],
  ['one column', { classes: 6, grid: [1, 9], mask: [7, 50] }],
  ['a 1 x 1 mask', { classes: 6, grid: [9, 9], mask: [1, 1] }],
  ['a single logit', { classes: 1, grid: [20, 10], mask: [83, 41] }],
  ['more than 255 classes', { classes: 300, grid: [9, 7], mask: [40, 30] }],
  ['exactly 256 classes', { classes: 256, grid: [5, 4], mask: [21, 18] }],
  ['padding', { classes: 9, grid: [32, 32], mask: [70, 40], scale: [28 / 70, 16 / 40] }],
  ['a strip as wide as 8K', { classes: 19, grid: [1920, 2], mask: [7680, 8] }],
];

/** Noise in about -4 … 4, smooth along rows, so that some cells have one winner and some several. */
function noise(count: number, seed: number): Float32Array {
  let state = seed;
  let value = 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    value = value * 0.7 + (state / 2 ** 32 - 0.5) * 2.4;
    return value;
  });
}

function toNhwc<T extends Float32Array | Uint16Array>(planes: T, classes: number): T {
  const positions = planes.length / classes;
  const target = planes.slice() as T;
  for (let i = 0; i < target.length; i++) target[i] = planes[(i % classes) * positions + Math.floor(i / classes)] ?? 0;
  return target;
}

function asBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

interface Cell {
  readonly at: number;
  readonly weight: number;
}

function cellOf(pixel: number, scale: number, grid: number): Cell {
  const position = Math.min(grid - 1, Math.max(0, (pixel + 0.5) * scale - 0.5));
  return { at: Math.floor(position), weight: Math.fround(position - Math.floor(position)) };
}

/** One class's logit at a pixel, with every step rounded to single precision. */
function logitAt(logits: Logits, id: number, [x, y]: readonly [Cell, Cell]): number {
  const { width, height, channels, layout, data } = logits;
  if (channels === 1 && id === 0) return 0;
  const plane = channels === 1 ? 0 : id;
  const read = (column: number, row: number): number => {
    const position = Math.min(row, height - 1) * width + Math.min(column, width - 1);
    const value = data[layout === 'NHWC' ? position * channels + plane : plane * width * height + position] ?? NaN;
    return data instanceof Uint16Array ? float16ToNumber(value) : value;
  };
  const mix = (a: number, b: number, t: number): number =>
    Math.fround(Math.fround(Math.fround(1 - t) * a) + Math.fround(t * b));
  const left = mix(read(x.at, y.at), read(x.at, y.at + 1), y.weight);
  const right = mix(read(x.at + 1, y.at), read(x.at + 1, y.at + 1), y.weight);
  return mix(left, right, x.weight);
}

/** Pixels whose ids differ: ties where both classes have the very same logit, wrong else. */
function compareIds(
  logits: Logits,
  got: Mask,
  expected: Mask,
  scale: readonly [number, number],
): { wrong: number; ties: number } {
  const [mine, theirs] = [maskIds(got), maskIds(expected)];
  if (mine.length !== theirs.length) return { wrong: Infinity, ties: 0 };
  let [wrong, ties] = [0, 0];
  for (let i = 0; i < mine.length; i++) {
    const [a = -1, b = -1] = [mine[i], theirs[i]];
    if (a === b) continue;
    const x = cellOf(i % got.width, scale[0], logits.width);
    const y = cellOf(Math.floor(i / got.width), scale[1], logits.height);
    if (logitAt(logits, a, [x, y]) === logitAt(logits, b, [x, y])) ties += 1;
    else wrong += 1;
  }
  return { wrong, ties };
}

function nativeMask(
  addon: NativeAddon,
  all: readonly Logits[],
  placement: NativePlacement,
): { mask: Mask; probability: Uint8Array } {
  const [first] = all;
  if (first === undefined) throw new Error('No logits.');
  const { layout, channels, height, width } = first;
  const parts = all.map(({ data }) => asBytes(data));
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  const nhwc = layout === 'NHWC';
  const dims = nhwc ? [all.length, height, width, channels] : [all.length, channels, height, width];
  const type = first.data instanceof Uint16Array ? 'float16' : 'float32';
  const wide = channels > 255;
  const got = addon.hostPostprocess({ data: joined, type, nhwc, dims }, placement, wide);
  const size = { width: placement.maskWidth, height: placement.maskHeight };
  const mask: Mask = { ...size, bytesPerId: wide ? 2 : 1, data: got.mask.slice() };
  return { mask, probability: got.probability };
}

function maskPlacement(grid: Size, mask: Size, scale: readonly [number, number]): NativePlacement {
  const at = placementOf({ from: grid, resized: grid, input: grid }, new Uint8Array(0));
  return { ...at, maskWidth: mask.width, maskHeight: mask.height, scaleX: scale[0], scaleY: scale[1] };
}

describe('hostPostprocess', () => {
  it.each(postprocessCases)('%s: the same ids as the reference, but for ties', (_, test) => {
    const addon = loadAddon();
    const [width, height] = test.grid;
    const mask = { width: test.mask[0], height: test.mask[1] };
    const scale = test.scale ?? ([width / mask.width, height / mask.height] as const);
    const planes = noise(test.classes * width * height, 7);
    const half = Uint16Array.from(planes, numberToFloat16);
    for (const data of [planes, half, toNhwc(planes, test.classes), toNhwc(half, test.classes)]) {
      const layout = data === planes || data === half ? 'NCHW' : 'NHWC';
      const logits: Logits = { data, layout, channels: test.classes, height, width };
      const expected = maskFromLogits(createMaskKernel(), logits, { ...mask, scaleX: scale[0], scaleY: scale[1] });
      const got = nativeMask(addon, [logits], maskPlacement({ width, height }, mask, scale));
      const { wrong, ties } = compareIds(logits, got.mask, expected, scale);
      expect(wrong, layout).toBe(0);
      expect(ties, 'ties decided otherwise').toBeLessThanOrEqual(expected.data.length / 1000);
      expect(got.probability.length).toBe(mask.width * mask.height);
    }
  });

  it('calls what is no number class 0, and a tie the lowest id', () => {
    for (const value of [NaN, 1.5, -Infinity]) {
      const data = new Float32Array(3 * 4 * 4).fill(value);
      const logits: Logits = { data, layout: 'NCHW', channels: 3, height: 4, width: 4 };
      const placement = maskPlacement({ width: 4, height: 4 }, { width: 16, height: 16 }, [0.25, 0.25]);
      expect(new Set(nativeMask(loadAddon(), [logits], placement).mask.data)).toEqual(new Set([0]));
    }
  });

  it('gives the probability of the winner', () => {
    const data = Float32Array.of(0, Math.log(3));
    const logits: Logits = { data, layout: 'NCHW', channels: 2, height: 1, width: 1 };
    const placement = maskPlacement({ width: 1, height: 1 }, { width: 2, height: 1 }, [0.5, 1]);
    const { mask, probability } = nativeMask(loadAddon(), [logits], placement);
    expect([...mask.data, ...probability]).toEqual([1, 1, 191, 191]);
  });

  it.each([4, 3, 1])('averages overlapping tiles as the reference does, stride %i', (stride) => {
    const grid = { width: 16, height: 12 };
    const input = { width: grid.width * stride, height: grid.height * stride };
    const tiles = [0, 7].flatMap((y) => [0, 11, 22].map((x) => ({ x: x * stride, y: y * stride })));
    const mask = { width: 37 * stride, height: 18 * stride };
    const placement: Placement = { resized: mask, input, fill: 'zero', tiles };
    for (const channels of [5, 1]) {
      const all = tiles.map((_, i): Logits => {
        const data = noise(channels * grid.width * grid.height, i + 3);
        return { data, layout: 'NCHW', channels, ...grid };
      });
      const [first] = all;
      if (first === undefined) throw new Error('No logits.');
      const merger = new TileMerger(createMaskKernel(), placement, mask, first);
      for (const logits of all) merger.add(logits);
      const scale = [1 / stride, 1 / stride] as const;
      const native = { ...maskPlacement(input, mask, scale), tiles };
      const got = nativeMask(loadAddon(), all, native);
      expect(differences(got.mask.data, merger.finish().data)).toBe(0);
    }
  });

  it('reads class ids as the reference does', () => {
    const grid = { width: 13, height: 9 };
    const mask = { width: 40, height: 31 };
    const scale = [grid.width / mask.width, grid.height / mask.height] as const;
    const bytes = randomBytes(grid.width * grid.height * 8, 5);
    const arrays = [
      ['int64', new BigInt64Array(bytes.buffer)],
      ['int32', new Int32Array(bytes.buffer, 0, grid.width * grid.height)],
      ['int8', new Int8Array(bytes.buffer, 0, grid.width * grid.height)],
      ['uint8', new Uint8Array(bytes.buffer, 0, grid.width * grid.height)],
    ] as const;
    for (const [type, data] of arrays) {
      for (const wide of [false, true]) {
        const bytesPerId = wide ? 2 : 1;
        const expected: Mask = { ...mask, bytesPerId, data: new Uint8Array(mask.width * mask.height * bytesPerId) };
        const whole = { left: 0, top: 0, right: mask.width, bottom: mask.height, originX: 0, originY: 0 };
        paintIds(expected, { data, ...grid }, { ...whole, scaleX: scale[0], scaleY: scale[1] });
        const output = { data: asBytes(data), type, nhwc: false, dims: [1, grid.height, grid.width] };
        const got = loadAddon().hostPostprocess(output, maskPlacement(grid, mask, scale), wide);
        expect(differences(got.mask, expected.data), `${type} ${String(wide)}`).toBe(0);
        expect(got.probability.length).toBe(0);
      }
    }
  });
});
