import { isAbort, toErrorReport } from '../../shared/app-error';
import { meansDeviceLost } from '../../shared/device-lost';
import { provingDetail } from '../../shared/phase-detail';
import type { EngineProof } from '../../shared/domain/engine';
import type { RemarkDetails } from '../../shared/remark';
import { remark } from '../../shared/remark';
import type { ModelIo } from '../../onnx/describe-io';
import { describeIo } from '../../onnx/describe-io';
import type { InputsFor } from '../quantize/mask-agreement';
import { MaskAgreement } from '../quantize/mask-agreement';
import { pictureInputs } from '../quantize/picture-inputs';
import { percent } from '../tune/describe-point';
import { TensorRtStopwatch } from '../tune/tensorrt-stopwatch';
import type { TensorRtTarget } from './build-plan';
import type { Work } from './build-work';
import { inform, seconds, throwIfAborted, warn } from './build-work';
import { formOf, withFloatGraph } from './calibration-of-recipe';
import type { TimingCache } from './timing-cache';

/**
 * Rounding moves pixels along the edges between classes: 16 bits a ten-thousandth of all, 8 bits a hundredth. A tenth is no
 * rounding.
 */
const LEAST_AGREEMENT = 0.9;

export interface Proof {
  readonly target: TensorRtTarget;
  readonly timing: TimingCache;
  readonly planPath: string;
  readonly io: ModelIo;
  /** What masks are compared on; any network can take any picture. */
  readonly pictures: readonly string[];
}

/**
 * Shows a new engine a picture and compares its mask with that of the network in 32 bits on ONNX Runtime. Compilers have
 * faults: what they made wrong should be known before anybody works with it. A warning of the engine says so; an engine that
 * cannot be compared is left alone, and the answer is null.
 *
 * @throws AppError CANCELLED, DEVICE_LOST
 */
export async function proveEngine(
  work: Work,
  { target, timing, planPath, io, pictures }: Proof,
): Promise<EngineProof | null> {
  const { plan, model, observer } = work;
  const { recipe } = plan;
  if (recipe.device.kind !== 'gpu' || pictures.length === 0) return null;
  const { signal } = observer;
  throwIfAborted(signal);
  observer.phase('build', provingDetail);
  const begun = seconds();
  try {
    const agreement = await withFloatGraph(recipe, model, signal, async (graph) => {
      const form = formOf(recipe, model, describeIo(graph).input);
      const inputs: InputsFor = (input) => pictureInputs(pictures, { ...form, input }, () => undefined);
      const reference = await MaskAgreement.with(graph, inputs, signal);
      const silent = (): void => undefined;
      const engine = new TensorRtStopwatch({ recipe, model, target, timing, pictures, form, signal, warn: silent });
      return reference.ofMasks(engine.masksOf(planPath, io));
    });
    const figures = { agreement: percent(agreement), pictures: pictures.length };
    inform(work, masksCompared(figures, (seconds() - begun).toFixed(1)));
    if (agreement < LEAST_AGREEMENT) warn(work, masksDiffer(figures));
    return { pixelAgreement: agreement, pictures: pictures.length };
  } catch (error) {
    if (isAbort(error)) throw error;
    const { code, message } = toErrorReport(error);
    if (meansDeviceLost(code)) throw error;
    if (code === 'MODEL_OUTPUT_NOT_FINITE') warn(work, notFinite());
    else inform(work, masksNotCompared(message));
    return null;
  }
}

interface Figures {
  readonly agreement: string;
  readonly pictures: number;
}

function masksCompared({ agreement }: Figures, took: string) {
  const text = `masks: ${agreement} of the pixels as on ONNX Runtime (${took} s)`;
  return remark('engine-masks-compared', text, { agreement, took });
}

function masksNotCompared(problem: string) {
  return remark('engine-masks-not-compared', `masks were not compared with ONNX Runtime's: ${problem}`, { problem });
}

function masksDiffer(figures: Figures & RemarkDetails) {
  return remark(
    'engine-masks-differ',
    `Its masks are not those of the network: on a picture only ${figures.agreement} of the pixels have the class that ONNX Runtime finds. Verify it before you use it, or build in another precision.`,
    figures,
  );
}

function notFinite() {
  return remark(
    'engine-not-finite',
    'It computes NaN or infinity on a picture: no mask follows from that. Build in another precision, or without plugins.',
  );
}
