import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildOrderInput } from '../../shared/domain/engine';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { GrantedAccess } from '../file-access';
import { createStudio } from '../studio';
import type { Studio } from '../studio-api';

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
