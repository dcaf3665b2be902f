import type { SiteKind } from '../../quantization/sites';
import { findSites, SITE_KINDS } from '../../quantization/sites';
import { statisticsOf } from '../../quantization/calibration-record';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { quantizeModel } from '../../quantization/quantize-model';
import type { SiteReport } from '../../quantization/quantize-model';
import type { OnnxModel } from '../../onnx/model';
import { nodeLabel } from '../../onnx/node';
import type { PassReport } from '../../onnx/pass';
import { countNodes } from '../../onnx/pass';
import { AppError } from '../../shared/app-error';
import type { Recipe } from '../../shared/domain/engine';
import type { QuantizeStep } from '../../shared/domain/quantization';

/** Ada: the first that multiplies 8-bit floats. */
const FIRST_FP8 = 89;

export interface QuantizedGraph {
  readonly model: OnnxModel;
  /** Each layer that computes in 8 bits is a finding. */
  readonly report: PassReport;
  /** Each layer that could, with what was decided and why. */
  readonly sites: readonly SiteReport[];
}

/**
 * The last step of a recipe for 8 bits, on a copy.
 *
 * @throws AppError QUANTIZATION_KEEP_UNKNOWN for a name that no layer or block has, and what {@link quantizeModel} throws
 */
export function quantizeGraph(model: OnnxModel, step: QuantizeStep, calibration: CalibrationRecord): QuantizedGraph {
  const begun = process.hrtime.bigint();
  checkKept(model, step.keep);
  const { format, method, keep } = step;
  const kinds = kindsOf(step);
  const nodesBefore = countNodes(model);
  const { model: quantized, report } = quantizeModel(model, statisticsOf(calibration), { format, method, keep, kinds });
  const findings = report.sites
    .filter(({ isQuantized }) => isQuantized)
    .map(({ node, reason, code, details }) => ({ pass: step.pass, nodes: [node], reason, code, details }));
  return {
    model: quantized,
    report: {
      pass: step.pass,
      summary: `${layersOf(step)} compute in ${format.toUpperCase()}.`,
      tolerance: { relative: 1 },
      findings,
      nodesBefore,
      nodesAfter: countNodes(quantized),
      milliseconds: Number(process.hrtime.bigint() - begun) / 1e6,
    },
    sites: report.sites,
  };
}

/** @throws AppError PRECISION_UNSUPPORTED when the recipe's device or one of its targets has no 8-bit floats */
export function checkEightBit({ precision, device, builder }: Recipe): void {
  if (precision !== 'fp8') return;
  const { targets, hardwareCompatibility } = builder;
  const old = device.kind === 'gpu' ? [device.computeCapability] : targets;
  const without = [...old, ...targets].find((capability) => capability < FIRST_FP8);
  if (without !== undefined) throw unsupported(`sm_${without} has none`);
  if (hardwareCompatibility === 'ampere-plus')
    throw unsupported('Ampere, which the engine is to run on as well, has none');
  if (device.kind === 'anywhere' && targets.length === 0) throw unsupported('not every RTX GPU has them');
}

function unsupported(why: string): AppError {
  return new AppError(
    'PRECISION_UNSUPPORTED',
    `FP8 needs a GPU with 8-bit floats (compute capability 8.9 or later): ${why}.`,
    { hint: 'Build with --precision int8 or fp16, or name newer GPUs: --target sm_89,sm_120.' },
  );
}

const IN_WORDS: Readonly<Record<SiteKind, string>> = {
  linear: 'linear layers',
  convolution: 'convolutions',
  depthwise: 'depthwise convolutions',
  attention: "attention's products",
  classifier: 'the classifier',
  residual: 'additions',
};

/** What a recipe puts into 8 bits, in words. */
function layersOf({ kinds }: QuantizeStep): string {
  const words = kinds.map((kind) => IN_WORDS[kind]);
  const all = [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' and ');
  return all === '' ? 'No layers' : `${all.charAt(0).toUpperCase()}${all.slice(1)}`;
}

function kindsOf({ kinds }: QuantizeStep): Partial<Record<SiteKind, boolean>> {
  return Object.fromEntries(SITE_KINDS.map((kind) => [kind, kinds.includes(kind)]));
}

function checkKept(model: OnnxModel, keep: readonly string[]): void {
  if (keep.length === 0) return;
  const sites = findSites(model.graph);
  const known = new Set(sites.flatMap(({ block, node }) => [block, nodeLabel(node)]));
  const unknown = keep.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const [first] = sites;
  const example = first === undefined ? '' : ` Names are, for example, "${first.block}" and ${nodeLabel(first.node)}.`;
  throw new AppError('QUANTIZATION_KEEP_UNKNOWN', `${model.fileName} has no layer and no block named ${unknown}.`, {
    hint: `\`maskforge tune\` tells what is worth keeping.${example}`,
    details: { name: unknown },
  });
}
