import { AppError } from '../../shared/app-error';
import type { ImageShape, ImageShapeRange } from '../../shared/domain/engine';
import { isStatic } from '../../shared/domain/engine';
import type { ModelInput, ModelOutput, Preprocessing, Rgb } from '../../shared/domain/model';
import { InputWriter } from '../input-tensor';
import type { Placement } from '../placement';
import { placePicture } from '../placement';
import type { NativePlacement, NormalisationTables, RuntimeFamily } from './addon';

/** An engine as its library describes it: all that running it needs. */
export interface EngineToOpen {
  readonly id: string;
  /** Absolute path of the plan; its content has been checked. */
  readonly planPath: string;
  readonly family: RuntimeFamily;
  /** CUDA device. */
  readonly device: number;
  /** Such as `FP16`. */
  readonly precision: string;
  readonly input: ModelInput;
  readonly output: ModelOutput;
  /** As this engine wants pixels: with a size policy that it can serve. */
  readonly preprocessing: Preprocessing;
  /** What "nothing here" is in pixels (RGB), where the engine normalises by itself. */
  readonly zeroPixel: Rgb | null;
  readonly shapes: ImageShapeRange;
  readonly classes: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Tables for the device, the same that the reference runtime reads. */
export function normalisationOf({ input, preprocessing }: EngineToOpen): NormalisationTables {
  const writer = new InputWriter(input, preprocessing);
  return {
    nhwc: input.layout === 'NHWC',
    channels: input.channels,
    source: writer.sources,
    tables: writer.tableBytes(),
    resample: preprocessing.resample,
  };
}

/** The input's dimensions at a shape. */
export function inputDims({ layout, channels }: ModelInput, { batch, height, width }: ImageShape): number[] {
  return layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/** Width and height of an output's grid; null where the engine leaves them open. */
export function gridOf(dims: readonly number[], { kind, layout }: ModelOutput): Size | null {
  const isLast = kind === 'logits' ? layout === 'NHWC' : dims.length === 4 && dims[3] === 1;
  const [height = -1, width = -1] = isLast ? dims.slice(-3, -1) : dims.slice(-2);
  return height > 0 && width > 0 ? { width, height } : null;
}

/** Where pictures land in an engine's input, and where its output lies on them. */
export class EngineGeometry {
  readonly #engine: EngineToOpen;
  readonly #writer: InputWriter;
  /** Pixels of input for each position of output. */
  readonly #ratio: Size;

  /** @param sample an input's size and that of the output's grid for it */
  constructor(engine: EngineToOpen, sample: { readonly input: Size; readonly grid: Size }) {
    this.#engine = engine;
    this.#writer = new InputWriter(engine.input, engine.preprocessing);
    const { input, grid } = sample;
    this.#ratio = { width: input.width / grid.width, height: input.height / grid.height };
  }

  /** @throws AppError ENGINE_SHAPE_OUT_OF_RANGE, MODEL_TILES_UNSUPPORTED */
  place(picture: Size): Placement {
    const { preprocessing } = this.#engine;
    const { width, height } = this.#ratio;
    const isGrid = width === height && Number.isInteger(width);
    if (preprocessing.size.mode === 'tile' && this.#engine.output.kind === 'logits' && !isGrid) throw this.#noTiles();
    const placement = placePicture(preprocessing.size, picture, isGrid ? width : 1);
    checkShape(this.#engine, { batch: 1, ...placement.input }, { batch: false });
    return placement;
  }

  native(placement: Placement, picture: Size): NativePlacement {
    const { resized, input, tiles } = placement;
    const grid = {
      width: Math.ceil(input.width / this.#ratio.width),
      height: Math.ceil(input.height / this.#ratio.height),
    };
    return {
      resizedWidth: resized.width,
      resizedHeight: resized.height,
      inputWidth: input.width,
      inputHeight: input.height,
      fill: this.#writer.fillBytes(placement.fill === 'zero' ? (this.#engine.zeroPixel ?? 'zero') : placement.fill),
      tiles,
      maskWidth: picture.width,
      maskHeight: picture.height,
      scaleX: ((resized.width / picture.width) * grid.width) / input.width,
      scaleY: ((resized.height / picture.height) * grid.height) / input.height,
    };
  }

  #noTiles(): AppError {
    const { width, height } = this.#ratio;
    return new AppError(
      'MODEL_TILES_UNSUPPORTED',
      `The engine ${this.#engine.id} gives one position for ${width} x ${height} pixels, which cannot be tiled.`,
      { hint: 'Choose another size policy, or a tile size that is a multiple of the network’s stride.' },
    );
  }
}

/** @throws AppError ENGINE_SHAPE_OUT_OF_RANGE with the range and how to widen it */
export function checkShape(
  { id, shapes }: Pick<EngineToOpen, 'id' | 'shapes'>,
  wanted: ImageShape,
  check: { readonly batch: boolean } = { batch: true },
): void {
  const { min, max } = shapes;
  const keys = check.batch ? (['batch', 'height', 'width'] as const) : (['height', 'width'] as const);
  if (keys.every((key) => wanted[key] >= min[key] && wanted[key] <= max[key])) return;
  const text = ({ batch, height, width }: ImageShape): string =>
    check.batch ? `${batch}x${height}x${width}` : `${height}x${width}`;
  const range = isStatic(shapes) ? `${text(min)} only` : `${text(min)} to ${text(max)}`;
  throw new AppError('ENGINE_SHAPE_OUT_OF_RANGE', `The engine ${id} takes ${range}, and was given ${text(wanted)}.`, {
    hint: 'Use a size inside its range, or build an engine for it: maskforge build MODEL --min … --opt … --max ….',
    details: { engine: id, wanted: text(wanted), range },
  });
}
