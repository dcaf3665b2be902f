import { AppError } from '../../shared/app-error';
import type { PassStep } from '../../shared/domain/engine';
import { describeIo } from '../../onnx/describe-io';
import { copyModel } from '../../onnx/copy';
import type { OnnxModel } from '../../onnx/model';
import type { PassReport } from '../../onnx/pass';
import { runPass } from '../../onnx/pass';
import { fuseLayerNorm } from '../../onnx/passes/fuse-layernorm';
import type { PassSettings } from '../../onnx/passes/registry';
import { createPass } from '../../onnx/passes/registry';

const MOST_BYTE_IDS = 255;

export interface ApplyOptions {
  readonly signal?: AbortSignal;
  /** Called before each step. */
  readonly onStep?: (step: PassStep, index: number) => void;
}

/** Runs a recipe's passes on the model itself, one after another. @throws AppError PASS_UNKNOWN, CANCELLED, ONNX_… */
export async function applySteps(
  model: OnnxModel,
  steps: readonly PassStep[],
  { signal, onStep }: ApplyOptions = {},
): Promise<PassReport[]> {
  const reports: PassReport[] = [];
  for (const [index, step] of steps.entries()) {
    if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
    onStep?.(step, index);
    const pass = createPass(step.pass, settingsOf(step, model));
    if (pass === undefined) throw unknownPass(step.pass);
    reports.push(await runPass(model, pass));
    // Passes run without a pause: progress is told and a cancelled build noticed in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return reports;
}

/**
 * The values made by the LayerNorms that `patterns` name: nodes or values of the graph as it was exported, or as it is
 * with native LayerNorms; `*` stands for anything.
 *
 * @throws AppError LAYERNORM_UNKNOWN
 */
export async function layerNormValues(original: OnnxModel, patterns: readonly string[]): Promise<string[]> {
  const plugin = fuseLayerNorm({ form: 'plugin' });
  const fused = copyModel(original);
  await runPass(fused, fuseLayerNorm({ form: 'native' }));
  const found = [...(await plugin.match(original)), ...(await plugin.match(fused))];
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const matches = matcher(pattern);
    const hits = found.filter(({ nodes, data }) => matches(data.output) || nodes.some(matches));
    if (hits.length === 0) throw unknownLayerNorm(pattern, original.fileName, found[0]?.data.output);
    for (const { data } of hits) chosen.add(data.output);
  }
  return [...chosen];
}

function settingsOf(step: PassStep, model: OnnxModel): PassSettings {
  switch (step.pass) {
    case 'set-shapes': {
      const { batch, height, width } = step;
      return { sizes: { batch, height, width } };
    }
    case 'fuse-layernorm':
      return {
        layerNorm: step.form,
        ...(step.only === undefined ? {} : { only: step.only }),
        ...(step.residual === undefined ? {} : { residual: step.residual }),
      };
    case 'image-input':
      return { preprocessing: step.preprocessing };
    case 'mask-output': {
      const { classes } = describeIo(model).output;
      // TensorRT knows no 16-bit integers.
      const idType = classes !== null && classes <= MOST_BYTE_IDS ? 'uint8' : 'int32';
      return { mask: { size: step.size, idType } };
    }
    case 'to-float16':
      return { precision: { keepIo: step.keepIo, ...(step.keep === undefined ? {} : { keep: step.keep }) } };
    default:
      return {};
  }
}

function matcher(pattern: string): (name: string) => boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${escaped.join('.*')}$`);
  return (name) => expression.test(name);
}

function unknownPass(pass: string): AppError {
  return new AppError('PASS_UNKNOWN', `There is no pass named ${pass}.`, {
    hint: 'The recipe was written by another version of the studio.',
    details: { pass },
  });
}

function unknownLayerNorm(pattern: string, file: string, example: string | undefined): AppError {
  const hint =
    example === undefined
      ? 'It has none that the plugin could do.'
      : `A name is, for example, ${example}; * stands for any part of one.`;
  return new AppError('LAYERNORM_UNKNOWN', `No LayerNorm of ${file} is named ${pattern}.`, {
    hint,
    details: { pattern },
  });
}
