import type { ErrorReport } from '../../shared/app-error';
import type { Label, ModelInput, Preprocessing, SizePolicy } from '../../shared/domain/model';
import { labelsFromNames, namesFrom } from './labels';
import { asTriple, DEFAULT_SIDE, IMAGENET_MEAN, IMAGENET_STD } from './preprocessing-values';
import { remark } from '../../shared/remark';

type Json = Readonly<Record<string, unknown>>;

/** Longest side of a picture that is not resized: beyond it a transformer's memory grows past a desktop's. */
const NATIVE_MAX_SIDE = 2048;

/** `id2label` of a transformers `config.json`; null when it has none, or only the placeholders LABEL_0, LABEL_1, … */
export function labelsFromConfig(config: Json): Label[] | null {
  const names = namesFrom(config['id2label']);
  if (names === null) return null;
  const named = [...names].some(([id, name]) => name !== `LABEL_${id}`);
  return named ? labelsFromNames(names) : null;
}

/**
 * A transformers `preprocessor_config.json` as our preprocessing. Covers SegformerImageProcessor, the older
 * SegformerFeatureExtractor (one number for the size, no rescale keys) and processors with the same keys. Steps come in
 * transformers' order: resize, rescale, normalise. `warnings` say what has no counterpart here.
 */
export function preprocessingFromProcessor(
  processor: Json,
  input: ModelInput,
): { preprocessing: Preprocessing; warnings: ErrorReport[] } {
  const warnings: ErrorReport[] = [];
  const size = sizePolicy(processor, input, warnings);
  const rescale = processor['do_rescale'] !== false;
  const factor = processor['rescale_factor'];
  const scale = !rescale ? 1 : typeof factor === 'number' && factor > 0 ? factor : 1 / 255;
  const normalise = processor['do_normalize'] !== false;
  const mean = asTriple(processor['image_mean']);
  const std = asTriple(processor['image_std']);
  if (normalise && (mean === null || std === null || std.some((value) => value <= 0))) {
    const what = 'preprocessor_config.json gives no usable image_mean and image_std; those of ImageNet are taken.';
    warnings.push(remark('mean-assumed', what));
  }
  const usable = mean !== null && std !== null && std.every((value) => value > 0);
  return {
    preprocessing: {
      size,
      resample: resample(processor['resample'], warnings),
      channelOrder: processor['do_flip_channel_order'] === true ? 'bgr' : 'rgb',
      scale,
      mean: !normalise ? [0, 0, 0] : usable ? mean : IMAGENET_MEAN,
      std: !normalise ? [1, 1, 1] : usable ? std : IMAGENET_STD,
    },
    warnings,
  };
}

function sizePolicy(processor: Json, input: ModelInput, warnings: ErrorReport[]): SizePolicy {
  if (processor['do_resize'] === false) return unresized(processor);
  const size = processor['size'];
  const square = positive(size);
  if (square !== null) return { mode: 'stretch', width: square, height: square };
  const record: Json = isRecord(size) ? size : {};
  const width = positive(record['width']);
  const height = positive(record['height']);
  if (width !== null && height !== null) return { mode: 'stretch', width, height };
  const shortest = positive(record['shortest_edge']);
  const longest = positive(record['longest_edge']);
  if (longest !== null && shortest === null) return { mode: 'pad', width: longest, height: longest, fill: [0, 0, 0] };
  if (shortest !== null) {
    const what = `preprocessor_config.json scales the shortest side to ${shortest}; here pictures are stretched to ${shortest}x${shortest}.`;
    warnings.push(remark('shortest-side-stretched', what, { side: shortest }));
    return { mode: 'stretch', width: shortest, height: shortest };
  }
  const fallback = { width: input.width ?? DEFAULT_SIDE, height: input.height ?? DEFAULT_SIDE };
  const what = `preprocessor_config.json gives no usable size; ${fallback.width}x${fallback.height} is taken.`;
  warnings.push(remark('size-assumed', what, fallback));
  return { mode: 'stretch', ...fallback };
}

function unresized(processor: Json): SizePolicy {
  const divisor = positive(processor['size_divisor']) ?? 32;
  return { mode: 'native', multipleOf: divisor, maxSide: NATIVE_MAX_SIDE };
}

/** Pillow's numbers for filters, as transformers writes them. */
function resample(value: unknown, warnings: ErrorReport[]): Preprocessing['resample'] {
  switch (value) {
    case 0:
      return 'nearest';
    case 3:
      return 'bicubic';
    case 2:
    case undefined:
    case null:
      return 'bilinear';
    case 1:
      warnings.push(
        remark(
          'lanczos-replaced',
          'preprocessor_config.json resizes with Lanczos; here the nearest filter to it is bicubic.',
        ),
      );
      return 'bicubic';
    default:
      warnings.push(
        remark(
          'filter-replaced',
          `preprocessor_config.json asks for the filter ${String(value)}; here it is bilinear.`,
          { filter: String(value) },
        ),
      );
      return 'bilinear';
  }
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
