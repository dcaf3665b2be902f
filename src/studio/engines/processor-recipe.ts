import { AppError } from '../../shared/app-error';
import type { Precision, Recipe } from '../../shared/domain/engine';

/** What ONNX Runtime computes in on a processor. */
const PRECISIONS: readonly Precision[] = ['fp32', 'fp16', 'int8'];
const WHY_NOT: Readonly<Partial<Record<Precision, string>>> = {
  fp8: 'it has no kernels for 8-bit floats',
  bf16: 'it has no kernels for bfloat16',
  tf32: 'TF32 is a mode of NVIDIA’s tensor cores',
};

/**
 * Refuses recipes that ask ONNX Runtime on a processor for what only TensorRT does.
 * @throws AppError PRECISION_UNSUPPORTED, RECIPE_CONTRADICTORY
 */
export function checkForProcessor(recipe: Recipe): void {
  const { precision } = recipe;
  if (!PRECISIONS.includes(precision)) {
    const why = WHY_NOT[precision] ?? 'it does not know it';
    throw new AppError(
      'PRECISION_UNSUPPORTED',
      `ONNX Runtime does not compute in ${precision.toUpperCase()} on a processor: ${why}.`,
      {
        hint: 'Build with --precision fp32 or int8 (fp16 works, slowly), or for an NVIDIA GPU: --runtime tensorrt-rtx.',
        details: { precision },
      },
    );
  }
  const wrong = contradiction(recipe);
  if (wrong !== null) throw new AppError('RECIPE_CONTRADICTORY', wrong[0], { hint: wrong[1] });
}

function contradiction({ passes, builder, shapes }: Recipe): [string, string] | null {
  const plugin = passes.find(
    (step) =>
      step.pass === 'fuse-decode-head' ||
      step.pass === 'fuse-mixffn' ||
      (step.pass === 'fuse-layernorm' && step.form === 'plugin'),
  );
  if (plugin !== undefined) {
    return [
      `Plugins are TensorRT's: ONNX Runtime cannot run what ${plugin.pass} makes.`,
      'Write --plugins none and --layernorm native, or build with TensorRT.',
    ];
  }
  const { level, workspaceBytes, versionCompatible, hardwareCompatibility, typing } = builder;
  const isOfTensorRt = level !== null || workspaceBytes !== null || versionCompatible || typing === 'fp16-flag';
  if (isOfTensorRt || hardwareCompatibility !== 'none') {
    return [
      'The builder’s settings are TensorRT’s; ONNX Runtime has none of them.',
      'Leave out --level, --workspace, --version-compatible, --hardware-compatible and --fp16-flag.',
    ];
  }
  if (shapes.min.batch > 1) {
    return [
      `On a processor pictures run one by one, and a batch of ${shapes.min.batch} was asked for.`,
      'Name a batch of 1: --shapes 1x3xHEIGHTxWIDTH.',
    ];
  }
  return null;
}
