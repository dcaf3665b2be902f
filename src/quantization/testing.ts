import { join } from 'node:path';
import { copyModel } from '../onnx/copy';
import { fixModel } from '../onnx/fix';
import type { OnnxModel } from '../onnx/model';
import { openModel } from '../onnx/model';
import { openSmall } from '../onnx/passes/test-support';
import { feedsFor, IMAGENET_FORM, randomSamples, sampleSize } from '../onnx/verify/samples';
import type { CalibrationInput } from './collect-statistics';

/** For tests only. */

export const SAMPLE_MODEL = join(__dirname, '../../resources/models/street-b0/model.onnx');

/** A small fixture as the passes leave it: LayerNorms fused, the head folded. */
export async function fixedSmall(file: string): Promise<OnnxModel> {
  return (await fixModel(await openSmall(file), { verify: false })).model;
}

let sample: Promise<OnnxModel> | undefined;

/** The sample model for 512 x 512, as the passes leave it. */
export async function fixedSampleModel(): Promise<OnnxModel> {
  sample ??= openModel(SAMPLE_MODEL).then(async (model) => {
    const { model: fixed } = await fixModel(model, { target: { batch: 1, height: 512, width: 512 }, verify: false });
    return fixed;
  });
  return copyModel(await sample);
}

/** Made-up pictures at the model's own size, or at one that it can take. */
export async function madeUpInputs(model: OnnxModel, count: number, seed = 1): Promise<CalibrationInput[]> {
  const size = sampleSize(model, { width: 96, height: 64 });
  const inputs: CalibrationInput[] = [];
  for (const picture of randomSamples(count, size, seed)) {
    inputs.push({ label: picture.label, feeds: await feedsFor(model, picture, IMAGENET_FORM, size.batch) });
  }
  return inputs;
}
