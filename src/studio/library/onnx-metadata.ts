import type { ErrorReport } from '../../shared/app-error';
import type { Label, ModelInput, Preprocessing, SizePolicy } from '../../shared/domain/model';
import { preprocessingSchema } from '../../shared/domain/model';
import { labelsFromNames, namesFrom } from './labels';
import { assumedPreprocessing, asTriple } from './preprocessing-values';
import { remark } from '../../shared/remark';

export interface MetadataFacts {
  readonly labels: Label[] | null;
  readonly preprocessing: Preprocessing | null;
  readonly name: string | null;
  readonly warnings: ErrorReport[];
}

/** Keys that exporters and tools write, ours first. Values are JSON, or a Python literal as Ultralytics writes them. */
const LABEL_KEYS = ['maskforge.labels', 'class_names', 'id2label', 'names', 'labels', 'classes'];
const MEAN_KEYS = ['standardization_mean', 'image_mean', 'mean'];
const STD_KEYS = ['standardization_std', 'image_std', 'std'];
const SIZE_KEYS = ['tiles_size', 'imgsz', 'input_size'];

/** Labels and preprocessing from the `metadata_props` of an ONNX file. */
export function readMetadata(metadata: Readonly<Record<string, string>>, input: ModelInput): MetadataFacts {
  const warnings: ErrorReport[] = [];
  const labels = readLabels(metadata);
  const written = metadata['maskforge.preprocessing'];
  let preprocessing: Preprocessing | null = null;
  if (written !== undefined) {
    const parsed = preprocessingSchema.safeParse(parseLoosely(written));
    if (parsed.success) preprocessing = parsed.data;
    else {
      const what = 'The metadata key maskforge.preprocessing does not hold a preprocessing and is ignored.';
      warnings.push(remark('metadata-ignored', what));
    }
  }
  preprocessing ??= preprocessingFromParts(metadata, input);
  return { labels, preprocessing, name: metadata['maskforge.name'] ?? null, warnings };
}

function readLabels(metadata: Readonly<Record<string, string>>): Label[] | null {
  for (const key of LABEL_KEYS) {
    const value = metadata[key];
    const names = value === undefined ? null : namesFrom(parseLoosely(value));
    if (names !== null) return labelsFromNames(names);
  }
  return null;
}

/** Mean and deviation above 1 are those of bytes; others are of pixels in 0–1. */
function preprocessingFromParts(metadata: Readonly<Record<string, string>>, input: ModelInput): Preprocessing | null {
  const mean = asTriple(firstValue(metadata, MEAN_KEYS));
  const std = asTriple(firstValue(metadata, STD_KEYS));
  const size = readSize(firstValue(metadata, SIZE_KEYS), metadata, input);
  if (mean === null || std === null || std.some((value) => value <= 0)) return null;
  const ofBytes = mean.some((value) => value > 1) || std.some((value) => value > 1);
  const assumed = assumedPreprocessing(input);
  return { ...assumed, size: size ?? assumed.size, scale: ofBytes ? 1 : 1 / 255, mean, std };
}

function readSize(value: unknown, metadata: Readonly<Record<string, string>>, input: ModelInput): SizePolicy | null {
  const pair = Array.isArray(value) ? value : [value, value];
  const [height, width] = pair;
  if (!isSide(height) || !isSide(width)) return null;
  const overlap = Number(parseLoosely(metadata['tiles_overlap'] ?? 'null'));
  if (metadata['tiles_size'] === undefined || (input.height !== null && input.height !== height)) {
    return { mode: 'stretch', width, height };
  }
  const share = Number.isFinite(overlap) && overlap > 0 && overlap < 100 ? overlap / 100 : 0.15;
  return { mode: 'tile', width, height, overlap: Math.round(Math.min(width, height) * share) };
}

function isSide(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 16_384;
}

function firstValue(metadata: Readonly<Record<string, string>>, keys: readonly string[]): unknown {
  const key = keys.find((each) => metadata[each] !== undefined);
  return key === undefined ? null : parseLoosely(metadata[key] ?? '');
}

/** JSON; else a Python dict, list or tuple of plain strings and numbers; else a comma-separated list; else null. */
export function parseLoosely(text: string): unknown {
  const trimmed = text.trim();
  for (const candidate of [trimmed, pythonToJson(trimmed)]) {
    try {
      return JSON.parse(candidate);
    } catch {
      // The next form may fit.
    }
  }
  return /^[^{}[\]()]+,[^{}[\]()]+$/.test(trimmed) ? trimmed.split(',').map((part) => part.trim()) : null;
}

function pythonToJson(text: string): string {
  return text
    .replace(/^\((.*?),?\)$/s, '[$1]')
    .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replace(/\\'/g, "'")))
    .replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":');
}
