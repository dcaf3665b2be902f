import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { describeIo } from '../../onnx/describe-io';
import { openModel } from '../../onnx/model';
import type { PassStep, Recipe } from '../../shared/domain/engine';
import type { Preprocessing } from '../../shared/domain/model';
import type { QuantizeStep } from '../../shared/domain/quantization';
import { calibrateFolder } from '../quantize/calibrate-folder';
import { applySteps } from './apply-recipe';
import { stepsBeforeCalibration } from './calibration-of-recipe';
import { checkEightBit, quantizeGraph } from './quantize-graph';

const fixture = join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx');
const work = mkdtempSync(join(tmpdir(), 'quantize-graph-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const step: QuantizeStep = {
  pass: 'quantize',
  format: 'int8',
  method: 'mse',
  kinds: ['linear', 'convolution'],
  keep: [],
  statistics: '0'.repeat(64),
};
type PixelForm = Omit<Preprocessing, 'size' | 'resample'>;
const pixels: PixelForm = { channelOrder: 'rgb', scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
const image: PassStep = { pass: 'image-input', preprocessing: pixels };
const mask: PassStep = { pass: 'mask-output', size: 'input' };
const plain: PassStep[] = [
  { pass: 'simplify' },
  { pass: 'fuse-layernorm', form: 'native' },
  { pass: 'fold-decode-head' },
  { pass: 'simplify' },
];

/** What the layers of a graph became, after the passes and with ranges from two pictures. */
async function sites(
  passes: readonly PassStep[],
  change: Partial<QuantizeStep> = {},
): Promise<Record<'node' | 'kind', string>[]> {
  const graph = await openModel(fixture);
  await applySteps(graph, [...passes, { pass: 'to-float16', keepIo: passes.includes(image) }]);
  const { sites: all, report } = quantizeGraph(graph, { ...step, ...change }, await calibrated(passes));
  const quantized = all.filter(({ isQuantized }) => isQuantized);
  expect(report.findings).toHaveLength(quantized.length);
  return quantized.map(({ node, kind }) => ({ node, kind }));
}

async function calibrated(passes: readonly PassStep[]): Promise<CalibrationRecord> {
  const graph = await openModel(fixture);
  await applySteps(graph, stepsBeforeCalibration({ passes: [...passes, step] }));
  const raw: PixelForm = { channelOrder: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  const taken = passes.includes(image) ? raw : pixels;
  const size = { mode: 'stretch', width: 256, height: 256 } as const;
  const preprocessing = { ...taken, size, resample: 'bilinear' as const };
  const form = { input: describeIo(graph).input, preprocessing };
  return (await calibrateFolder({ model: graph, form, folder: work, cache: { directory: join(work, 'cache') } }))
    .record;
}

beforeAll(async () => {
  for (const turn of [3, 5]) {
    const data = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * turn) % 253));
    await sharp(data, { raw: { width: 64, height: 64, channels: 3 } }).toFile(join(work, `${turn}.png`));
  }
});

describe('the last step of a recipe for 8 bits', () => {
  it.each([
    ['8-bit pixels at the start', [...plain, image]],
    ['class ids at the end', [...plain, mask]],
    [
      'LayerNorms as plugins',
      plain.map((each) => (each.pass === 'fuse-layernorm' ? { ...each, form: 'plugin' as const } : each)),
    ],
  ])('quantises the same layers with %s', async (_, passes) => {
    const expected = await sites(plain);
    expect(expected.length).toBeGreaterThan(30);
    expect(await sites(passes)).toEqual(expected);
  });

  it('keeps the blocks that it is told', async () => {
    const all = await sites(plain);
    const name = all[3]?.node ?? '';
    expect(await sites(plain, { keep: [name] })).toEqual(all.filter(({ node }) => node !== name));
  });

  it('knows no block that is not there', async () => {
    await expect(sites(plain, { keep: ['stage 9'] })).rejects.toMatchObject({
      code: 'QUANTIZATION_KEEP_UNKNOWN',
      hint: expect.stringContaining('stage 1, embedding'),
    });
  });
});

describe('8-bit floats', () => {
  const gpu = (computeCapability: number): Recipe['device'] => ({ kind: 'gpu', name: 'GPU', computeCapability });
  const check = (device: Recipe['device'], targets: number[] = [], more: Partial<Recipe['builder']> = {}): void => {
    checkEightBit({
      format: 1,
      model: { sha256: 'a'.repeat(64), weights: [], name: 'Net' },
      passes: [],
      shapes: { min: shape, opt: shape, max: shape },
      precision: 'fp8',
      builder: { ...builder, targets, ...more },
      runtime: { family: 'tensorrt-rtx', version: '1' },
      device,
    });
  };
  const shape = { batch: 1, height: 64, width: 64 };
  const builder: Recipe['builder'] = {
    typing: 'strong',
    tf32: false,
    level: null,
    workspaceBytes: null,
    versionCompatible: false,
    hardwareCompatibility: 'none',
    targets: [],
  };

  it('are built for devices that have them', () => {
    for (const capability of [89, 90, 120]) expect(() => check(gpu(capability))).not.toThrow();
    expect(() => check({ kind: 'anywhere' }, [89, 120])).not.toThrow();
  });

  it.each([
    ['Ampere', () => check(gpu(86))],
    ['a target of Ampere', () => check({ kind: 'anywhere' }, [89, 86])],
    ['Ampere and later', () => check(gpu(90), [], { hardwareCompatibility: 'ampere-plus' })],
    ['any RTX GPU', () => check({ kind: 'anywhere' })],
  ])('are refused for %s', (_, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'PRECISION_UNSUPPORTED', hint: expect.any(String) }));
  });
});
