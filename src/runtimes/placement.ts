import { AppError } from '../shared/app-error';
import type { ModelInput, SizePolicy } from '../shared/domain/model';

/** Where a picture lands in the network's input. Pixels; x to the right, y down. */
export interface Placement {
  /** Size to which the picture is resized; its own size for `tile`. */
  readonly resized: { readonly width: number; readonly height: number };
  /** Size of the network's input. */
  readonly input: { readonly width: number; readonly height: number };
  /** How the rest of the input is filled: a colour, or what normalises to zero. */
  readonly fill: readonly [number, number, number] | 'zero';
  /** Upper left corner, in the resized picture, of each run; row by row, left to right. */
  readonly tiles: readonly Tile[];
}

export interface Tile {
  readonly x: number;
  readonly y: number;
}

/**
 * @param stride pixels of input for each position of output; tiles begin at multiples of it, so that their logits lie on
 *   one grid
 */
export function placePicture(
  policy: SizePolicy,
  picture: { readonly width: number; readonly height: number },
  stride = 1,
): Placement {
  switch (policy.mode) {
    case 'stretch': {
      const { width, height } = policy;
      return { resized: { width, height }, input: { width, height }, fill: 'zero', tiles: [{ x: 0, y: 0 }] };
    }
    case 'pad': {
      const { width, height, fill } = policy;
      const scale = Math.min(width / picture.width, height / picture.height);
      return {
        resized: scaled(picture, scale, { width, height }),
        input: { width, height },
        fill,
        tiles: [{ x: 0, y: 0 }],
      };
    }
    case 'native': {
      const { multipleOf, maxSide } = policy;
      const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height));
      const resized = scaled(picture, scale, { width: maxSide, height: maxSide });
      const input = { width: roundUp(resized.width, multipleOf), height: roundUp(resized.height, multipleOf) };
      return { resized, input, fill: 'zero', tiles: [{ x: 0, y: 0 }] };
    }
    case 'tile': {
      const { width, height, overlap } = policy;
      const rows = tileStarts(picture.height, height, overlap, stride);
      const columns = tileStarts(picture.width, width, overlap, stride);
      const tiles = rows.flatMap((y) => columns.map((x) => ({ x, y })));
      const resized = { width: picture.width, height: picture.height };
      return { resized, input: { width, height }, fill: 'zero', tiles };
    }
  }
}

/** The size that every picture's input has under a policy; null when it depends on the picture. */
export function fixedInputSize(policy: SizePolicy): { width: number; height: number } | null {
  return policy.mode === 'native' ? null : { width: policy.width, height: policy.height };
}

/** @throws MODEL_SIZE_MISMATCH when the graph is made for one size only and the policy names another. */
export function checkFixedSize(modelName: string, input: ModelInput, policy: SizePolicy): void {
  const fixed = fixedInputSize(policy);
  const wrongHeight = input.height !== null && input.height !== fixed?.height;
  const wrongWidth = input.width !== null && input.width !== fixed?.width;
  if (!wrongHeight && !wrongWidth) return;
  const wanted = `${input.width ?? 'any'} x ${input.height ?? 'any'}`;
  const given = fixed === null ? 'pictures in their own size' : `${fixed.width} x ${fixed.height}`;
  throw new AppError(
    'MODEL_SIZE_MISMATCH',
    `${modelName} takes ${wanted} pixels, and its size policy gives ${given}.`,
    {
      hint: `Set the size policy to ${wanted}, or export the network with a dynamic size.`,
      details: { model: modelName, wanted, given },
    },
  );
}

/** Starts of tiles along one axis: multiples of `stride`, evenly stepped, the last one reaching the end. */
export function tileStarts(length: number, tile: number, overlap: number, stride: number): number[] {
  if (length <= tile) return [0];
  const last = roundUp(length - tile, stride);
  const step = Math.max(stride, Math.floor(Math.max(1, tile - overlap) / stride) * stride);
  const starts: number[] = [];
  for (let start = 0; start < last; start += step) starts.push(start);
  starts.push(last);
  return starts;
}

function scaled(
  picture: { readonly width: number; readonly height: number },
  scale: number,
  limit: { readonly width: number; readonly height: number },
): { width: number; height: number } {
  return {
    width: Math.min(limit.width, Math.max(1, Math.round(picture.width * scale))),
    height: Math.min(limit.height, Math.max(1, Math.round(picture.height * scale))),
  };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
