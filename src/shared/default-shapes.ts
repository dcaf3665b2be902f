import type { ImageShape, ImageShapeRange } from './domain/engine';
import type { ModelSummary } from './domain/model';

/** Sizes for a network that takes any: pixels. */
const LIKELY_SIDE = 512;

/** What an input that is fixed, or else the size policy, says. */
export function defaultShapes({
  input,
  preprocessing: { size },
}: Pick<ModelSummary, 'input' | 'preprocessing'>): ImageShapeRange {
  const batch = input.batch ?? 1;
  const fixed = size.mode === 'native' ? null : size;
  const height = input.height ?? fixed?.height;
  const width = input.width ?? fixed?.width;
  if (height !== undefined && width !== undefined) return sameShape({ batch, height, width });
  const [multiple, most] = size.mode === 'native' ? [size.multipleOf, size.maxSide] : [32, LIKELY_SIDE * 2];
  const largest = Math.ceil(most / multiple) * multiple;
  const least = Math.min(largest, Math.ceil(64 / multiple) * multiple);
  const likely = Math.max(least, Math.min(largest, Math.ceil(LIKELY_SIDE / multiple) * multiple));
  const square = (side: number): ImageShape => ({ batch, height: height ?? side, width: width ?? side });
  return { min: square(least), opt: square(likely), max: square(largest) };
}

export function sameShape(shape: ImageShape): ImageShapeRange {
  return { min: shape, opt: shape, max: shape };
}
