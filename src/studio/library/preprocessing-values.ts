import type { ErrorReport } from '../../shared/app-error';
import type { ModelInput, Preprocessing } from '../../shared/domain/model';
import { missesStaticSize } from './contradictions';
import { remark } from '../../shared/remark';

type Triple = [number, number, number];

export const IMAGENET_MEAN: Triple = [0.485, 0.456, 0.406];
export const IMAGENET_STD: Triple = [0.229, 0.224, 0.225];
export const DEFAULT_SIDE = 512;

/** What a network most likely wants when nothing says so. */
export function assumedPreprocessing(input: ModelInput): Preprocessing {
  const assumed: Preprocessing = {
    size: { mode: 'stretch', width: input.width ?? DEFAULT_SIDE, height: input.height ?? DEFAULT_SIDE },
    resample: 'bilinear',
    channelOrder: 'rgb',
    scale: 1 / 255,
    mean: IMAGENET_MEAN,
    std: IMAGENET_STD,
  };
  return input.type === 'uint8' ? withoutNormalisation(assumed) : assumed;
}

/** Bends what a third party wrote to what the graph accepts; what was bent is said in `warnings`. */
export function fitToGraph(
  wanted: Preprocessing,
  input: ModelInput,
  source: string,
): { preprocessing: Preprocessing; warnings: ErrorReport[] } {
  const warnings: ErrorReport[] = [];
  let preprocessing = wanted;
  if (missesStaticSize(preprocessing, input)) {
    const side = preprocessing.size.mode === 'native' ? null : preprocessing.size;
    const width = input.width ?? side?.width ?? DEFAULT_SIDE;
    const height = input.height ?? side?.height ?? DEFAULT_SIDE;
    const said = side === null ? 'keeps pictures at their size' : `asks for ${side.width}x${side.height}`;
    const asked: Record<string, number> = side === null ? {} : { askedWidth: side.width, askedHeight: side.height };
    warnings.push(
      remark('size-fitted', `${source} ${said}, but the network takes ${width}x${height}; that is what it gets.`, {
        ...{ source, width, height },
        ...asked,
      }),
    );
    preprocessing = { ...preprocessing, size: { mode: 'stretch', width, height } };
  }
  if (input.type === 'uint8' && preprocessing.scale !== 1) {
    const what = `${source} asks for normalised pixels, but the network takes bytes; they are passed on as they are.`;
    warnings.push(remark('bytes-passed-on', what, { source }));
    preprocessing = withoutNormalisation(preprocessing);
  }
  return { preprocessing, warnings };
}

/** One value for all channels or one for each; null when it is neither. */
export function asTriple(value: unknown): Triple | null {
  if (typeof value === 'number' && Number.isFinite(value)) return [value, value, value];
  if (!Array.isArray(value)) return null;
  const numbers = value.filter((each): each is number => typeof each === 'number' && Number.isFinite(each));
  const [a, b, c] = numbers;
  if (numbers.length !== value.length || a === undefined) return null;
  if (numbers.length === 1) return [a, a, a];
  return numbers.length === 3 && b !== undefined && c !== undefined ? [a, b, c] : null;
}

function withoutNormalisation(preprocessing: Preprocessing): Preprocessing {
  return { ...preprocessing, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
}
