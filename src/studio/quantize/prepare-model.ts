import { describeIo } from '../../onnx/describe-io';
import { fixModel } from '../../onnx/fix';
import { openModel } from '../../onnx/model';
import type { OnnxModel } from '../../onnx/model';
import { fixedInputSize } from '../../runtimes/placement';
import type { ModelSummary } from '../../shared/domain/model';
import type { InputForm } from './picture-inputs';

export interface PreparedModel {
  /** In float32, with LayerNorms fused and the head folded, for the size that the preprocessing gives. */
  readonly model: OnnxModel;
  readonly form: InputForm;
}

/**
 * A model as it is calibrated, tuned and quantised where nobody chose other passes: what a SegFormer needs, and the size
 * of its preprocessing where that is one. Close the model.
 *
 * @throws what opening and fixing a model throws.
 */
export async function prepareForQuantization(summary: ModelSummary, signal?: AbortSignal): Promise<PreparedModel> {
  const original = await openModel(summary.path);
  const size = fixedInputSize(summary.preprocessing.size);
  const { model } = await fixModel(original, {
    verify: false,
    ...(size === null ? {} : { target: { batch: 1, ...size } }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { model, form: { input: describeIo(model).input, preprocessing: summary.preprocessing } };
}
