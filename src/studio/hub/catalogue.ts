import type { CatalogueEntry } from '../../shared/domain/catalogue';
import type { Licence } from '../../shared/domain/model';
import { NVIDIA_SEGFORMER } from './licences';

/** A repository as the catalogue knows it before the hub was asked. */
export interface KnownRepo {
  readonly repo: string;
  readonly title: string;
  readonly family: string;
  readonly dataset: string;
  readonly classes: number;
  /** Height x width that it was trained at. */
  readonly inputSize: string;
  readonly licence: Licence;
}

const VARIANTS: CatalogueEntry['files'] = [
  { path: 'onnx/model.onnx', sizeBytes: 0, precision: 'FP32' },
  { path: 'onnx/model_fp16.onnx', sizeBytes: 0, precision: 'FP16' },
  { path: 'onnx/model_quantized.onnx', sizeBytes: 0, precision: 'INT8' },
];

/** SegFormers on the Hugging Face Hub that lie there as ONNX files with labels and preprocessing beside them. */
export const knownRepos: readonly KnownRepo[] = [
  segformer('b0', 'ade', '512-512'),
  segformer('b0', 'cityscapes', '512-1024'),
  segformer('b0', 'cityscapes', '640-1280'),
  segformer('b0', 'cityscapes', '768-768'),
  segformer('b0', 'cityscapes', '1024-1024'),
  ...['b1', 'b2', 'b3', 'b4', 'b5'].map((size) => segformer(size, 'cityscapes', '1024-1024')),
];

export function findKnownRepo(repo: string): KnownRepo | null {
  return knownRepos.find((each) => each.repo.toLowerCase() === repo.toLowerCase()) ?? null;
}

/** @param sizes bytes by `repo/path`, as the hub said last. @param installed model ids by repository. */
export function catalogueEntries(
  sizes: ReadonlyMap<string, number>,
  installed: ReadonlyMap<string, string>,
): CatalogueEntry[] {
  return knownRepos.map((known) => ({
    ...known,
    files: VARIANTS.map((file) => ({ ...file, sizeBytes: sizes.get(`${known.repo}/${file.path}`) ?? 0 })),
    installedAs: installed.get(known.repo) ?? null,
  }));
}

function segformer(size: string, dataset: 'ade' | 'cityscapes', trainedAt: string): KnownRepo {
  const inputSize = trainedAt.replace('-', 'x');
  const isAde = dataset === 'ade';
  return {
    repo: `Xenova/segformer-${size}-finetuned-${dataset}-${trainedAt}`,
    title: `SegFormer-${size.toUpperCase()} ${isAde ? 'ADE20K' : 'Cityscapes'} ${inputSize}`,
    family: `SegFormer-${size.toUpperCase()}`,
    dataset: isAde ? 'ADE20K' : 'Cityscapes',
    classes: isAde ? 150 : 19,
    inputSize,
    licence: NVIDIA_SEGFORMER,
  };
}
