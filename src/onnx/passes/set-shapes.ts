import { AppError } from '../../shared/app-error';
import { inferShapes } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { Dim } from '../symbolic';
import { nameDim } from '../symbolic';
import { declareInput, declareOutputs } from './declared-shapes';
import type { ImageSizes } from './frozen-sizes';
import { findFrozenSizes, imageSizesOf } from './frozen-sizes';

/** What is left out stays as it is. */
export interface SetShapesOptions {
  readonly batch?: number;
  readonly height?: number;
  readonly width?: number;
}

interface SetShapesData {
  readonly sizes: ImageSizes;
  readonly dims: readonly Dim[];
}

/**
 * Pins batch, height and width of the picture to numbers. The arithmetic on sizes that becomes constant by it is what
 * `simplify` then takes out.
 *
 * @throws ONNX_SIZE_FIXED (from `apply`) when the model has another fixed size already, declared or frozen inside.
 */
export function setShapes(options: SetShapesOptions): Pass<SetShapesData> {
  return {
    name: 'set-shapes',
    summary: 'Fixes the batch, height and width of the picture.',
    tolerance: { relative: 0 },
    match: (model) => {
      const sizes = imageSizesOf(model);
      if (sizes === undefined) return [];
      const dims = pinned(sizes, options);
      const changes = dims.some((dim, axis) => typeof dim === 'number' && dim !== sizes.declared[axis]);
      return changes ? [toFinding(sizes, dims)] : [];
    },
    apply: (model, findings) => {
      const [first] = findings;
      if (first !== undefined) pin(model, first.data);
    },
  };
}

function pinned({ declared, dims, names }: ImageSizes, options: SetShapesOptions): Dim[] {
  const wanted: Readonly<Record<string, number | undefined>> = {
    [`${names.batch}`]: options.batch,
    [`${names.height}`]: options.height,
    [`${names.width}`]: options.width,
  };
  return dims.map((dim, axis) => {
    const before = declared[axis];
    if (typeof dim === 'number') return dim;
    return (
      wanted[dim.key] ?? (typeof before === 'number' ? before : typeof before === 'string' ? nameDim(before) : dim)
    );
  });
}

function toFinding(sizes: ImageSizes, dims: readonly Dim[]): Finding<SetShapesData> {
  return {
    pass: 'set-shapes',
    nodes: [sizes.input],
    ...because(
      'input-open',
      'The input takes pictures of any size; a fixed one lets sizes be computed once, now, instead of at every run.',
    ),
    before: `[${sizes.declared.map((dim) => String(dim ?? '?')).join(', ')}]`,
    after: `[${dims.map(String).join(', ')}]`,
    data: { sizes, dims },
  };
}

function pin(model: OnnxModel, { sizes, dims }: SetShapesData): void {
  for (const [axis, dim] of dims.entries()) {
    const before = sizes.declared[axis];
    if (typeof before === 'number' && before !== dim) {
      throw new AppError(
        'ONNX_SIZE_FIXED',
        `${model.fileName} is fixed at ${sizes.declared.join('x')} and cannot be set to ${dims.map(String).join('x')}.`,
        { hint: 'Make it dynamic first (the pass make-dynamic), then set the size.', details: { axis } },
      );
    }
  }
  const frozen = findFrozenSizes(model, sizes);
  if (sizes.declared.some((dim) => typeof dim !== 'number') && frozen.frozen.length + frozen.obstacles.length > 0) {
    throw new AppError(
      'ONNX_SIZE_FIXED',
      `${model.fileName} says that its size is open, but ${frozen.frozen.length} nodes hold the size it was exported at.`,
      {
        hint: 'Repair them first (the pass dynamic-flatten), then set the size.',
        details: { nodes: frozen.frozen.length },
      },
    );
  }
  declareInput(model.graph, sizes.input, sizes.type, dims);
  declareOutputs(model.graph, inferShapes(model.graph));
}
