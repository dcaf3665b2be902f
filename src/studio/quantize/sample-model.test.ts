import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../onnx/model';
import { quantizeModel } from '../../quantization/quantize-model';
import { modelManifestSchema } from '../../shared/domain/model';
import { describeIo } from '../../onnx/describe-io';
import { fixedSampleModel } from '../../quantization/testing';
import { calibrateFolder } from './calibrate-folder';
import { masksOf } from './mask-agreement';
import { pictureInputs } from './picture-inputs';
import type { InputForm } from './picture-inputs';

const RESOURCES = join(__dirname, '../../../resources');
const SIDE = 512;

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sample-int8-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** 128 pieces of the twelve sample pictures, of several sizes, half of them mirrored: none of the held-out scenes. */
async function cutPieces(folder: string): Promise<void> {
  await mkdir(folder);
  const names = (await readdir(join(RESOURCES, 'samples', 'pictures'))).sort();
  let state = 20_261_121;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * (below + 1));
  };
  for (const [index, name] of names.entries()) {
    const bytes = await readFile(join(RESOURCES, 'samples', 'pictures', name));
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    for (let piece = index; piece < 128; piece += names.length) {
      const share = 0.5 + 0.5 * (next(1000) / 1000);
      const size = { width: Math.round(width * share), height: Math.round(height * share) };
      const place = { left: next(width - size.width), top: next(height - size.height) };
      await sharp(data, { raw: { width, height, channels } })
        .extract({ ...size, ...place })
        .resize(SIDE, SIDE, { fit: 'fill' })
        .flop(piece % 2 === 1)
        .jpeg({ quality: 92 })
        .toFile(join(folder, `${piece}.jpg`));
    }
  }
}

/** Class ids of the truth, at the network's size. */
async function truthOf(path: string): Promise<Uint8Array> {
  const image = sharp(path).extractChannel(0).resize(SIDE, SIDE, { fit: 'fill', kernel: 'nearest' });
  return new Uint8Array(await image.raw().toBuffer());
}

class Confusion {
  readonly #counts = new Map<number, number>();
  readonly #classes: number;

  constructor(classes: number) {
    this.#classes = classes;
  }

  add(truth: ArrayLike<number>, found: ArrayLike<number>): void {
    for (let index = 0; index < truth.length; index += 1) {
      const cell = (truth[index] ?? 0) * this.#classes + (found[index] ?? 0);
      this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
    }
  }

  /** Mean intersection over union of the classes that occur. */
  meanIou(): number {
    const ids = [...Array(this.#classes).keys()];
    const count = (truth: number, found: number): number => this.#counts.get(truth * this.#classes + found) ?? 0;
    const ious = ids.flatMap((id) => {
      const union = ids.reduce((sum, other) => sum + count(id, other) + count(other, id), 0) - count(id, id);
      return union === 0 ? [] : [count(id, id) / union];
    });
    return ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
  }
}

describe('the sample model in 8 bits', () => {
  it(
    'calibrated on 128 other pictures, keeps 99 % of the masks of 24 held-out scenes and a point of mIoU',
    { timeout: 600_000 },
    async () => {
      const model = await fixedSampleModel();
      const text = await readFile(join(RESOURCES, 'models', 'street-b0', 'model.json'), 'utf8');
      const { preprocessing, labels } = modelManifestSchema.parse(JSON.parse(text));
      if (preprocessing === undefined) throw new Error('the sample model says nothing of its preprocessing');
      const form: InputForm = { input: describeIo(model).input, preprocessing };
      await cutPieces(join(work, 'pieces'));
      const { statistics, pictures } = await calibrateFolder({
        model,
        form,
        folder: join(work, 'pieces'),
        cache: { directory: join(work, 'cache') },
      });
      expect(pictures).toBe(128);
      const folder = join(RESOURCES, 'samples', 'scenes');
      const scenes = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).map((name) => join(folder, name));
      expect(scenes).toHaveLength(24);
      const truths = await Promise.all(scenes.map((path) => truthOf(path.replace(/jpg$/, 'png'))));
      const masks = async (tried: OnnxModel): Promise<{ ids: ArrayLike<number>[]; iou: number }> => {
        const confusion = new Confusion(labels?.length ?? 0);
        const ids: ArrayLike<number>[] = [];
        for await (const mask of masksOf(tried, pictureInputs(scenes, form, fail), undefined)) {
          confusion.add(truths[ids.length] ?? [], mask);
          ids.push(mask);
        }
        return { ids, iou: confusion.meanIou() };
      };
      const reference = await masks(model);
      // What the model's own page promises, to show that the comparison with the truth is a fair one.
      expect(reference.iou).toBeGreaterThan(0.84);
      const { model: quantized, report } = quantizeModel(model, statistics);
      expect(report.quantized).toBeGreaterThan(50);
      const narrow = await masks(quantized);
      let same = 0;
      for (const [scene, ids] of reference.ids.entries()) {
        for (let at = 0; at < ids.length; at += 1) if (ids[at] === narrow.ids[scene]?.[at]) same += 1;
      }
      const agreement = same / (SIDE * SIDE * scenes.length);
      expect(agreement).toBeGreaterThanOrEqual(0.99);
      // Not so equal that nothing can have been quantised.
      expect(agreement).toBeLessThan(1);
      expect(reference.iou - narrow.iou).toBeLessThanOrEqual(0.01);
    },
  );
});

function fail(path: string, error: unknown): never {
  throw new Error(path, { cause: error });
}
