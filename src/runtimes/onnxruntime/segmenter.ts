import { AppError } from '../../shared/app-error';
import type { Frame, Resample } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { ModelSummary, Rgb } from '../../shared/domain/model';
import type { WasmKernel } from '../../shared/wasm-kernel';
import type { InputData } from '../input-tensor';
import { InputWriter } from '../input-tensor';
import type { Placement, Tile } from '../placement';
import { fixedInputSize, placePicture } from '../placement';
import type { ClassIds } from './class-ids';
import { needsTwoBytes, paintIds } from './class-ids';
import { maskFromLogits } from './logits';
import type { MaskKernel } from './mask-painter';
import { createMaskKernel } from './mask-painter';
import type { Network, NetworkOutput } from './network';
import { refuseNotFinite } from './refuse-not-finite';
import { TileMerger } from './tile-merge';

export interface StageTimes {
  preprocess: number;
  infer: number;
  postprocess: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A kernel that had to grow beyond this is given up, since its memory can never shrink. */
const KEEP_KERNEL_BYTES = 128 * 1024 * 1024;
/** Side of the picture that a network without a fixed size is warmed up with. */
const WARM_UP_SIDE = 64;

/** From a resized frame to a mask: normalise, run, upsample, decide. One picture at a time. */
export class Segmenter {
  readonly #network: Network;
  readonly #model: ModelSummary;
  readonly #writer: InputWriter;
  readonly #zeroPixel: Rgb | null;
  #kernel: WasmKernel<MaskKernel> = createMaskKernel();
  /** The last input, used again when the next has the same size. */
  #input: { size: Size; data: InputData } | null = null;
  /** Pixels of input for each position of output; known after the warm-up. */
  #stride = 1;

  /** @param zeroPixel what normalises to zero, where the graph normalises by itself */
  constructor(network: Network, model: ModelSummary, zeroPixel: Rgb | null = null) {
    this.#zeroPixel = zeroPixel;
    this.#network = network;
    this.#model = model;
    this.#writer = new InputWriter(model.input, model.preprocessing);
  }

  /** Runs once, so that the first picture is as fast as the next, and learns the output's size. */
  async warmUp(): Promise<void> {
    const { size } = this.#model.preprocessing;
    const multiple = size.mode === 'native' ? size.multipleOf : 1;
    const side = Math.ceil(WARM_UP_SIDE / multiple) * multiple;
    const input = fixedInputSize(size) ?? { width: side, height: side };
    const output = await this.#runNetwork(this.#inputFor(input), input);
    const { height, width } = output.kind === 'logits' ? output.logits : output.ids;
    this.#stride = input.width / width;
    const fits = this.#stride === input.height / height && Number.isInteger(this.#stride);
    if (size.mode === 'tile' && output.kind === 'logits' && !fits) throw this.#noTiles(input, { width, height });
    // The kernel is compiled by its first use as well.
    if (output.kind === 'logits')
      maskFromLogits(this.#kernel, output.logits, { width: 8, height: 8, scaleX: 1, scaleY: 1 });
  }

  get resample(): Resample {
    return this.#model.preprocessing.resample;
  }

  place(picture: Size): Placement {
    return placePicture(this.#model.preprocessing.size, picture, this.#stride);
  }

  /** @param frame the picture at the size that {@link place} asked for */
  async segment(
    frame: Frame,
    placement: Placement,
    picture: Size,
    signal?: AbortSignal,
  ): Promise<{ mask: Mask; times: StageTimes }> {
    const times: StageTimes = { preprocess: 0, infer: 0, postprocess: 0 };
    const mask =
      placement.tiles.length > 1
        ? await this.#segmentTiles(frame, placement, picture, times, signal)
        : await this.#segmentWhole(frame, placement, picture, times);
    if (this.#kernel.reservedBytes > KEEP_KERNEL_BYTES) this.#kernel = createMaskKernel();
    return { mask, times };
  }

  async #segmentWhole(frame: Frame, placement: Placement, picture: Size, times: StageTimes): Promise<Mask> {
    const output = await this.#run(frame, placement, { x: 0, y: 0 }, times);
    const start = now();
    const grid = output.kind === 'logits' ? output.logits : output.ids;
    const scaleX = ((placement.resized.width / picture.width) * grid.width) / placement.input.width;
    const scaleY = ((placement.resized.height / picture.height) * grid.height) / placement.input.height;
    const { width, height } = picture;
    let mask: Mask;
    if (output.kind === 'logits') mask = maskFromLogits(this.#kernel, output.logits, { width, height, scaleX, scaleY });
    else {
      mask = this.#emptyIdMask(picture, output.ids);
      const whole = { left: 0, top: 0, right: width, bottom: height, originX: 0, originY: 0, scaleX, scaleY };
      paintIds(mask, output.ids, whole);
    }
    times.postprocess += now() - start;
    return mask;
  }

  async #segmentTiles(
    frame: Frame,
    placement: Placement,
    picture: Size,
    times: StageTimes,
    signal: AbortSignal | undefined,
  ): Promise<Mask> {
    let merger: TileMerger | null = null;
    let mask: Mask | null = null;
    for (const tile of placement.tiles) {
      if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
      const output = await this.#run(frame, placement, tile, times);
      const start = now();
      if (output.kind === 'logits') {
        merger ??= new TileMerger(this.#kernel, placement, picture, output.logits);
        merger.add(output.logits);
      } else {
        mask ??= this.#emptyIdMask(picture, output.ids);
        mask = withRoomFor(mask, output.ids);
        paintIds(mask, output.ids, tileCore(placement, tile, picture, output.ids));
      }
      times.postprocess += now() - start;
    }
    const result = merger?.finish() ?? mask;
    if (result === null) throw new Error('A picture has at least one tile.');
    return result;
  }

  async #run(frame: Frame, placement: Placement, at: Tile, times: StageTimes): Promise<NetworkOutput> {
    const { input } = placement;
    const start = now();
    const data = this.#inputFor(input);
    const fill = placement.fill === 'zero' ? (this.#zeroPixel ?? 'zero') : placement.fill;
    this.#writer.write(data, input, frame, at, fill);
    const ready = now();
    const output = await this.#runNetwork(data, input);
    times.preprocess += ready - start;
    const ran = now();
    times.infer += ran - ready;
    if (output.kind === 'logits') refuseNotFinite(output.logits, this.#model.name);
    times.postprocess += now() - ran;
    return output;
  }

  async #runNetwork(data: InputData, size: Size): Promise<NetworkOutput> {
    this.#input = null;
    const answer = await this.#network.run(data, size.width, size.height);
    this.#input = { size, data: answer.data };
    return answer.output;
  }

  #inputFor(size: Size): InputData {
    const kept = this.#input;
    if (kept !== null && kept.size.width === size.width && kept.size.height === size.height) return kept.data;
    return this.#writer.allocate(size.width, size.height);
  }

  #emptyIdMask({ width, height }: Size, ids: ClassIds): Mask {
    const many = Math.max(this.#model.output.classes ?? 0, this.#model.labels.length) > 255;
    const bytesPerId = many || needsTwoBytes(ids) ? 2 : 1;
    return { width, height, bytesPerId, data: new Uint8Array(width * height * bytesPerId) };
  }

  #noTiles(input: Size, output: Size): AppError {
    const sizes = `${input.width} x ${input.height} to ${output.width} x ${output.height}`;
    return new AppError('MODEL_TILES_UNSUPPORTED', `${this.#model.name} maps ${sizes}, which cannot be tiled.`, {
      hint: 'Choose another size policy, or a tile size that is a multiple of the network’s stride.',
      details: { model: this.#model.name },
    });
  }
}

/** Nanoseconds of a monotonic clock. */
export function now(): number {
  return Number(process.hrtime.bigint());
}

/** A mask of bytes becomes one of two bytes when a later tile needs it. */
function withRoomFor(mask: Mask, ids: ClassIds): Mask {
  if (mask.bytesPerId === 2 || !needsTwoBytes(ids)) return mask;
  const data = new Uint8Array(Uint16Array.from(mask.data, (id) => (id === 255 ? 65_535 : id)).buffer);
  return { ...mask, bytesPerId: 2, data };
}

/** Where neighbouring tiles overlap, each gives the half that lies nearer to its middle. */
function tileCore(placement: Placement, tile: Tile, picture: Size, ids: ClassIds): Parameters<typeof paintIds>[2] {
  const { width, height } = placement.input;
  const [left, right] = coreSpan(
    placement.tiles.map(({ x }) => x),
    tile.x,
    width,
    picture.width,
  );
  const [top, bottom] = coreSpan(
    placement.tiles.map(({ y }) => y),
    tile.y,
    height,
    picture.height,
  );
  return {
    left,
    right,
    top,
    bottom,
    originX: tile.x,
    originY: tile.y,
    scaleX: ids.width / width,
    scaleY: ids.height / height,
  };
}

function coreSpan(starts: readonly number[], start: number, extent: number, length: number): [number, number] {
  const before = Math.max(...starts.filter((other) => other < start));
  const after = Math.min(...starts.filter((other) => other > start));
  const from = Number.isFinite(before) ? Math.floor((start + before + extent) / 2) : 0;
  const to = Number.isFinite(after) ? Math.floor((after + start + extent) / 2) : length;
  return [from, Math.min(length, to)];
}
