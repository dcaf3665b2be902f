import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import type { OnnxModel } from '../../onnx/model';
import { masksOf } from './mask-agreement';
import { pictureInputs } from './picture-inputs';
import type { InputForm } from './picture-inputs';

/** For tests and benchmarks only, which start in the project's folder. */

export const RESOURCES = resolve('resources');
const SIDE = 512;

/** Pieces of the twelve sample pictures, of several sizes, half of them mirrored: none of the held-out scenes. */
export async function cutPieces(folder: string, count: number): Promise<void> {
  await mkdir(folder);
  const names = (await readdir(join(RESOURCES, 'samples', 'pictures'))).sort();
  let state = 20_261_121;
  const next = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * (most + 1));
  };
  for (const [index, name] of names.entries()) {
    const bytes = await readFile(join(RESOURCES, 'samples', 'pictures', name));
    const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    for (let piece = index; piece < count; piece += names.length) {
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

/** A model's masks of the held-out scenes, at its input's size, and how well they fit the truth. */
export interface SceneMasks {
  readonly ids: readonly ArrayLike<number>[];
  /** Mean intersection over union of the classes that occur, with the truth. */
  readonly meanIou: number;
}

/** The scenes that the sample model was not trained on, with their truth. */
export class HeldOutScenes {
  readonly #paths: readonly string[];
  readonly #truths: readonly Uint8Array[];
  readonly #form: InputForm;
  readonly #classes: number;

  private constructor(paths: readonly string[], truths: readonly Uint8Array[], form: InputForm, classes: number) {
    this.#paths = paths;
    this.#truths = truths;
    this.#form = form;
    this.#classes = classes;
  }

  static async open(form: InputForm, classes: number): Promise<HeldOutScenes> {
    const folder = join(RESOURCES, 'samples', 'scenes');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg'));
    const paths = names.map((name) => join(folder, name));
    return new HeldOutScenes(paths, await Promise.all(paths.map(truthOf)), form, classes);
  }

  get count(): number {
    return this.#paths.length;
  }

  async masksOf(model: OnnxModel): Promise<SceneMasks> {
    const counts = new Float64Array(this.#classes ** 2);
    const ids: ArrayLike<number>[] = [];
    for await (const mask of masksOf(model, pictureInputs(this.#paths, this.#form, fail), undefined)) {
      const truth = this.#truths[ids.length] ?? [];
      for (let at = 0; at < truth.length; at += 1) {
        const cell = (truth[at] ?? 0) * this.#classes + (mask[at] ?? 0);
        counts[cell] = (counts[cell] ?? 0) + 1;
      }
      ids.push(mask);
    }
    return { ids, meanIou: meanIou(counts, this.#classes) };
  }

  /** Share of pixels with the same class, 0 to 1. */
  agreement(one: SceneMasks, other: SceneMasks): number {
    let [same, count] = [0, 0];
    for (const [scene, ids] of one.ids.entries()) {
      const others = other.ids[scene] ?? [];
      for (let at = 0; at < ids.length; at += 1) if (ids[at] === others[at]) same += 1;
      count += ids.length;
    }
    return same / count;
  }
}

function meanIou(counts: Float64Array, classes: number): number {
  const all = [...Array(classes).keys()];
  const at = (truth: number, found: number): number => counts[truth * classes + found] ?? 0;
  const ious = all.flatMap((id) => {
    const union = all.reduce((sum, other) => sum + at(id, other) + at(other, id), 0) - at(id, id);
    return union === 0 ? [] : [at(id, id) / union];
  });
  return ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
}

/** Class ids of the truth, at the network's size. */
async function truthOf(path: string): Promise<Uint8Array> {
  const image = sharp(path.replace(/jpg$/, 'png')).extractChannel(0);
  return new Uint8Array(await image.resize(SIDE, SIDE, { fit: 'fill', kernel: 'nearest' }).raw().toBuffer());
}

function fail(path: string, error: unknown): never {
  throw new Error(path, { cause: error });
}
