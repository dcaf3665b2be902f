import { DataType } from '../../onnx/data-type';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { ModelRunner } from '../../onnx/verify/runner';
import type { Result } from '../../onnx/verify/runner';
import type { CalibrationInput } from '../../quantization/collect-statistics';
import { maskFromLogits } from '../../runtimes/onnxruntime/logits';
import { createMaskKernel } from '../../runtimes/onnxruntime/mask-painter';
import { maskIds } from '../../shared/mask-ids';
import type { ModelInput } from '../../shared/domain/model';

/** Class ids of one input, row by row. */
export type Ids = ArrayLike<number>;

/** The same pictures each time, as an input like this one takes them. */
export type InputsFor = (input: ModelInput) => AsyncIterable<CalibrationInput>;

/**
 * Compares masks of models with those of one reference, on the same pictures, on ONNX Runtime. The reference runs once;
 * its masks are kept, a byte or two for each pixel of the network's input.
 */
export class MaskAgreement {
  readonly #inputs: InputsFor;
  readonly #reference: readonly Ids[];

  private constructor(inputs: InputsFor, reference: readonly Ids[]) {
    this.#inputs = inputs;
    this.#reference = reference;
  }

  /**
   * Candidates may have another type of input than the reference: each gets the pictures as it takes them.
   * @param first what the reference gets of them: the first ones, or all; candidates are compared on no more
   */
  static async with(
    reference: OnnxModel,
    inputs: InputsFor,
    signal?: AbortSignal,
    first: InputsFor = inputs,
  ): Promise<MaskAgreement> {
    const masks: Ids[] = [];
    const pictures = first(describeIo(reference).input);
    for await (const ids of masksOf(reference, pictures, signal)) masks.push(ids);
    return new MaskAgreement(inputs, masks);
  }

  get pictures(): number {
    return this.#reference.length;
  }

  /** Share of pixels with the reference's class, over all pictures: 0 to 1. */
  of(model: OnnxModel, signal?: AbortSignal): Promise<number> {
    return this.ofMasks(masksOf(model, this.#inputs(describeIo(model).input), signal));
  }

  /** The same of masks that something else made of the same pictures, in their order; more than the reference has are not taken. */
  async ofMasks(masks: AsyncIterable<Ids>): Promise<number> {
    let [same, count, picture] = [0, 0, 0];
    for await (const ids of masks) {
      const expected = this.#reference[picture];
      if (expected?.length !== ids.length) throw new Error('the two models give masks of different sizes');
      for (let index = 0; index < ids.length; index += 1) if (ids[index] === expected[index]) same += 1;
      count += ids.length;
      picture += 1;
      if (picture === this.#reference.length) break;
    }
    return count === 0 ? 1 : same / count;
  }
}

/** Class ids at the size of each input. */
export async function* masksOf(
  model: OnnxModel,
  inputs: AsyncIterable<CalibrationInput>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Ids> {
  const { input, output } = describeIo(model);
  const runner = await ModelRunner.open(model, { optimise: !usesFloat8(model), isFrugal: false, isPatient: true });
  const kernel = createMaskKernel();
  try {
    for await (const { feeds } of inputs) {
      signal?.throwIfAborted();
      const result = (await runner.run(feeds, [output.name])).get(output.name);
      if (result === undefined) throw new Error(`${model.fileName} gave no ${output.name}`);
      const size = feeds[input.name]?.dims.slice(input.layout === 'NCHW' ? 2 : 1) ?? [];
      yield output.kind === 'class-ids'
        ? Int32Array.from(result.data)
        : idsOf(kernel, result, output.layout ?? 'NCHW', size[0] ?? 1, size[1] ?? 1);
    }
  } finally {
    await runner.close();
  }
}

/** ONNX Runtime's optimiser moves Q/DQ past operators that take no 8-bit floats, and then refuses its own graph. */
function usesFloat8({ graph }: OnnxModel): boolean {
  return [...graph.initializers.values()].some(({ dataType }) => dataType === DataType.FLOAT8E4M3FN);
}

function idsOf(
  kernel: ReturnType<typeof createMaskKernel>,
  { data, dims }: Result,
  layout: 'NCHW' | 'NHWC',
  height: number,
  width: number,
): Ids {
  // Of a batch that repeats one picture, the first.
  const [first = 1, second = 1, third = 1] = dims.slice(1);
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  const [channels, gridHeight, gridWidth] = layout === 'NCHW' ? [first, second, third] : [third, first, second];
  const logits = { data: floats, layout, channels, height: gridHeight, width: gridWidth };
  const scales = { scaleX: gridWidth / width, scaleY: gridHeight / height };
  return maskIds(maskFromLogits(kernel, logits, { width, height, ...scales })).slice();
}
