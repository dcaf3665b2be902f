import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildOrderInput } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { QuantizedKind } from '../../shared/domain/quantization';
import { calibrationOrderSchema, quantizedKindSchema } from '../../shared/domain/quantization';
import { GrantedAccess } from '../file-access';
import { calibrateFolder } from '../quantize/calibrate-folder';
import { createStudio } from '../studio';
import type { Studio } from '../studio-api';
import { withCalibrateOptions } from './calibration-of-recipe';
import { draftAnywhere } from './rehearse';

const root = mkdtempSync(join(tmpdir(), 'maskforge-wizard-'));
const samples = join('resources', 'samples', 'pictures');
const idle = { signal: new AbortController().signal };
let studio: Studio;
let model: ModelSummary;

beforeAll(async () => {
  const access = new GrantedAccess();
  access.grant(root);
  const onnx = join(root, 'net.onnx');
  cpSync(join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx'), onnx);
  const options = { dataDirectory: join(root, 'data'), resourcesDirectory: join(root, 'resources') };
  studio = await createStudio({ ...options, access, emit: () => undefined, env: {} });
  model = await studio.handlers['models.add']({ path: onnx }, idle);
});
afterAll(async () => {
  await studio.close();
  rmSync(root, { recursive: true, force: true });
});

function folder(name: string, pictures: readonly string[]): string {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  for (const picture of pictures) copyFileSync(join(samples, picture), join(path, picture));
  return path;
}

function damaged(): string {
  const path = folder('damaged', []);
  writeFileSync(join(path, 'broken.jpg'), 'no picture');
  return path;
}

const preview = (calibration?: BuildOrderInput['calibration']) =>
  studio.handlers['engines.previewCalibration'](
    { modelId: model.id, order: buildOrderSchema.parse({ precision: 'int8', calibration }) },
    idle,
  );

describe('engines.previewCalibration', () => {
  it('shows what is taken, skips what cannot be read, and names the blocks that could be kept', async () => {
    const path = folder('good', ['08-small.png', '02-evening.jpg']);
    writeFileSync(join(path, 'broken.jpg'), 'no picture');
    const { found, chosen, pictures, skipped, cached, blocks, warnings } = await preview({ folder: path });
    expect([found, chosen, pictures.length, cached]).toEqual([3, 3, 2, 'none']);
    expect(pictures.every(({ thumbnail }) => thumbnail !== null && thumbnail.bytes.length > 500)).toBe(true);
    expect(skipped).toMatchObject([{ file: 'broken.jpg', code: expect.stringMatching(/^[A-Z_]+$/) }]);
    expect(blocks.map(({ name }) => name)).toContain('stage 1, block 1, feed-forward');
    expect(warnings[0]?.message).toMatch(/2 pictures/);
  });

  it('takes pictures that are open, by their ids', async () => {
    const path = folder('open', ['08-small.png', '10-square.webp']);
    const { added } = await studio.handlers['pictures.add']({ paths: [path] }, idle);
    const { pictures } = await preview({ pictures: added.map(({ id }) => id), count: 1 });
    expect(pictures).toHaveLength(1);
  });

  it.each([
    ['on a GPU its linear layers', 'net.onnx', 'auto', ['linear']],
    ['on a GPU its convolutions, where it has nothing else', 'unet.onnx', 'tensorrt-10', ['linear', 'convolution']],
    ['on a processor linear layers only', 'unet.onnx', 'onnxruntime', ['linear']],
  ] as const)(
    'counts the layers that can be in 8 bits; by default those are %s',
    async (_, name, runtime, defaults) => {
      const onnx = join(root, name);
      if (name === 'unet.onnx') cpSync(join('tools', 'fixtures', 'models', 'odd', 'tiny-unet.onnx'), onnx);
      const { id } = await studio.handlers['models.add']({ path: onnx }, idle);
      const order = buildOrderSchema.parse({ precision: 'int8', runtime });
      const { kinds } = await studio.handlers['engines.previewCalibration']({ modelId: id, order }, idle);
      expect(kinds.map(({ kind }) => kind)).toEqual(quantizedKindSchema.options);
      expect(kinds.filter(({ isDefault }) => isDefault).map(({ kind }) => kind)).toEqual(defaults);
      const counts = Object.fromEntries(kinds.map(({ kind, layers }) => [kind, layers]));
      expect(counts).toMatchObject(
        name === 'net.onnx' ? { linear: 25, attention: 10, classifier: 1 } : { linear: 0, attention: 0 },
      );
      expect(counts['convolution']).toBeGreaterThan(1);
    },
  );

  it('has the blocks of the layers that are chosen', async () => {
    const names = async (kinds?: QuantizedKind[]): Promise<string[]> =>
      (await preview(kinds === undefined ? undefined : { kinds })).blocks.map(({ name }) => name);
    expect(await names()).not.toContain('classifier');
    expect(await names(['classifier'])).toEqual(['classifier']);
  });

  it('says of which layers a calibration has no ranges', async () => {
    const pictures = calibrationOrderSchema.parse({ folder: folder('one', ['08-small.png']) });
    const recipe = await draftAnywhere(model, buildOrderSchema.parse({ precision: 'int8', calibration: pictures }));
    const place = { directory: join(root, 'calibrations'), signal: idle.signal };
    const { file } = await withCalibrateOptions(recipe, model, pictures, place, calibrateFolder);
    expect((await preview({ file, kinds: ['linear', 'classifier'] })).cached).toBe('whole');
    await expect(preview({ file, kinds: ['linear', 'attention', 'residual'] })).rejects.toMatchObject({
      code: 'CALIBRATION_CACHE_FOREIGN',
      message: `${file} has no ranges of attention, residual, which are to compute in 8 bits.`,
      details: { kinds: 'attention, residual', file },
    });
  });

  it('has blocks before anything is chosen', async () => {
    expect((await preview()).blocks.length).toBeGreaterThan(3);
  });

  it.each<[string, () => BuildOrderInput['calibration'], string]>([
    ['a folder without pictures', () => ({ folder: folder('empty', []) }), 'CALIBRATION_FOLDER_EMPTY'],
    ['pictures that are none', () => ({ folder: damaged() }), 'CALIBRATION_ALL_UNREADABLE'],
    ['a folder that is gone', () => ({ folder: join(root, 'gone') }), 'CALIBRATION_FOLDER_MISSING'],
    ['a folder that nobody gave', () => ({ folder: tmpdir() }), 'FILE_NOT_GRANTED'],
    ['a picture that is not open', () => ({ pictures: ['0123456789'] }), 'FILE_NOT_GRANTED'],
    ['a file that is none', () => ({ file: join(root, 'none.json') }), 'FILE_NOT_FOUND'],
  ])('refuses %s', async (_, calibration, code) => {
    await expect(preview(calibration())).rejects.toMatchObject({ code });
  });
});

describe('engines.addCalibration', () => {
  it.each(['', '{"format": 1}', '[1, 2'])('refuses %j', async (text) => {
    const added = studio.handlers['engines.addCalibration']({ name: 'my.json', text }, idle);
    await expect(added).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_DAMAGED', message: /my\.json/ });
  });
});

describe('engines.estimate', () => {
  const estimate = (order: BuildOrderInput) =>
    studio.handlers['engines.estimate']({ modelId: model.id, order: buildOrderSchema.parse(order) }, idle);
  const size = (side: number) => ({ batch: 1, height: side, width: side });

  it('grows with the largest size, and shrinks with the numbers', async () => {
    const shapes = { min: size(128), opt: size(128), max: size(256) };
    const wide = await estimate({ precision: 'fp32', shapes });
    expect(wide.unknown).toBe(0);
    expect(wide.max.activationBytes).toBeGreaterThan(3.9 * wide.opt.activationBytes);
    expect(wide.max.inputBytes).toBe(3 * 256 * 256 * 4);
    const narrow = await estimate({ precision: 'fp16', shapes });
    expect(narrow.weightBytes).toBeLessThan(0.6 * wide.weightBytes);
    expect(narrow.max.activationBytes).toBeLessThan(0.6 * wide.max.activationBytes);
  });
});
