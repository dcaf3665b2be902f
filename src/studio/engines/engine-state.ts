import type {
  EngineDevice,
  EngineFamily,
  EngineRecord,
  EngineState,
  EngineSummary,
  Recipe,
} from '../../shared/domain/engine';
import type { ErrorReport } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import type { CudaDevice } from '../../runtimes/tensorrt/addon';
import { familyNames } from '../../runtimes/tensorrt/find-libraries-names';
import { NARROWING } from './recipe';

/** What of this machine decides whether an engine can run here. */
export interface Machine {
  readonly families: readonly { readonly family: EngineFamily; readonly version: string }[];
  /** Of the processor, as Node names it; this one's when left out. */
  readonly arch?: string;
  readonly devices: readonly Pick<CudaDevice, 'index' | 'name' | 'computeCapability'>[];
}

/** As people call them. */
export const engineFamilyNames: Readonly<Record<EngineFamily, string>> = {
  ...familyNames,
  onnxruntime: 'ONNX Runtime',
};

/** The compute capability of Ampere, from which on `ampere-plus` engines run. */
const AMPERE = 80;

/** Why an engine cannot run on this machine; null when it can. */
export function foreignReason(recipe: Recipe, machine: Machine): ErrorReport | null {
  const runtime = runtimeReason(recipe, machine);
  if (runtime !== null) return runtime;
  if (recipe.device.kind === 'cpu') return processorReason(recipe.device.arch, machine.arch ?? process.arch);
  return deviceFor(recipe, machine) === null ? deviceReason(recipe, machine) : null;
}

function processorReason(built: string, here: string): ErrorReport | null {
  if (built === here) return null;
  const what = `It was built for ${built} processors, and this is ${here}. Build it again here.`;
  return remark('other-processor', what, { built, here });
}

/** The CUDA device that an engine runs on; null where there is none for it. */
export function deviceFor({ device, builder }: Recipe, { devices }: Machine): Machine['devices'][number] | null {
  const suits = ({ name, computeCapability }: Machine['devices'][number]): boolean => {
    if (device.kind === 'cpu') return false;
    if (device.kind === 'anywhere') return builder.targets.length === 0 || builder.targets.includes(computeCapability);
    switch (builder.hardwareCompatibility) {
      case 'none':
        return name === device.name && computeCapability === device.computeCapability;
      case 'same-compute-capability':
        return computeCapability === device.computeCapability;
      case 'ampere-plus':
        return computeCapability >= AMPERE;
    }
  };
  return devices.find(suits) ?? null;
}

/** The state of an engine whose files are whole, with the sentence that says what it means. */
export function stateOf(
  record: EngineRecord,
  facts: { readonly machine: Machine; readonly isTrusted: boolean; readonly isStale: boolean },
): { state: EngineState; why: ErrorReport | null } {
  const foreign = foreignReason(record.recipe, facts.machine);
  if (!facts.isTrusted) return { state: 'untrusted', why: UNTRUSTED };
  if (foreign !== null) return { state: 'foreign', why: foreign };
  if (facts.isStale) {
    const { path } = record.model;
    const why = remark('model-changed', `${path} has changed since it was built: build it again.`, { path });
    return { state: 'stale', why };
  }
  return { state: 'ready', why: null };
}

const UNTRUSTED = remark(
  'not-built-here',
  'It was not built here. An engine is code: say that it may run with `maskforge engine trust`.',
);

export function describeDevice(device: EngineDevice, targets: readonly number[]): string {
  if (device.kind === 'gpu') return device.name;
  if (device.kind === 'cpu') return `CPU (${device.arch})`;
  return targets.length === 0 ? 'any RTX GPU' : targets.map((target) => `sm_${target}`).join(', ');
}

export function summarise(
  record: EngineRecord,
  folder: string,
  { state, why }: { readonly state: EngineState; readonly why: ErrorReport | null },
): EngineSummary {
  const { recipe, model, times } = record;
  return {
    id: record.id,
    path: folder,
    modelId: model.id,
    modelName: model.name,
    modelPath: model.path,
    precision: recipe.precision,
    layerNorm: layerNormOf(recipe),
    plain: recipe.passes.every(({ pass }) => NARROWING.has(pass)),
    shapes: recipe.shapes,
    runtime: recipe.runtime,
    device: describeDevice(recipe.device, recipe.builder.targets),
    planBytes: record.plan.bytes,
    layers: record.layers,
    builtAt: record.builtAt,
    buildSeconds: times.total,
    state,
    reason: why === null ? '' : [why.message, why.hint].filter(Boolean).join(' '),
    why,
    warnings: record.warnings,
    proof: record.proof,
    plugins: pluginsOf(recipe),
    eightBits: eightBitsOf(recipe),
  };
}

function pluginsOf({ passes }: Recipe): EngineSummary['plugins'] {
  const has = (wanted: (step: Recipe['passes'][number]) => boolean): boolean => passes.some(wanted);
  return [
    ...(has((step) => step.pass === 'fuse-layernorm' && step.form === 'plugin') ? (['layernorm'] as const) : []),
    ...(has(({ pass }) => pass === 'fuse-decode-head') ? (['head'] as const) : []),
    ...(has(({ pass }) => pass === 'fuse-mixffn') ? (['mixffn'] as const) : []),
  ];
}

function eightBitsOf({ passes }: Recipe): EngineSummary['eightBits'] {
  const step = passes.flatMap((each) => (each.pass === 'quantize' ? [each] : []))[0];
  return step === undefined ? null : { kinds: [...step.kinds], kept: [...step.keep] };
}

function layerNormOf({ passes }: Recipe): EngineSummary['layerNorm'] {
  const forms = passes.flatMap((step) => (step.pass === 'fuse-layernorm' ? [step] : []));
  const last = forms[forms.length - 1];
  if (last === undefined) return 'as exported';
  return last.form === 'plugin' && last.only !== undefined ? 'mixed' : last.form;
}

function runtimeReason({ runtime, builder }: Recipe, { families }: Machine): ErrorReport | null {
  const name = engineFamilyNames[runtime.family];
  const here = families.filter(({ family }) => family === runtime.family).map(({ version }) => version);
  const built = `${name} ${runtime.version}`;
  if (here.length === 0) {
    return remark('runtime-missing', `It was built for ${built}, which is not installed here.`, { built });
  }
  const fits = here.some((version) => matches(runtime.version, version, builder.versionCompatible));
  if (fits) return null;
  const others = here.join(', ');
  return remark('other-runtime', `It was built with ${built}; here is ${others}. Build it again.`, {
    built,
    here: others,
  });
}

/** Plans run with the version that built them; version-compatible ones with later ones of the same major as well. */
function matches(built: string, here: string, isCompatible: boolean): boolean {
  const [from, to] = [numbers(built), numbers(here)];
  // File names may tell less than the library: 10 of 10.6.0.
  const known = Math.min(from.length, to.length);
  const differs = from.slice(0, known).findIndex((part, index) => part !== to[index]);
  if (differs === -1) return true;
  return isCompatible && differs > 0 && (to[differs] ?? 0) > (from[differs] ?? 0);
}

function numbers(version: string): number[] {
  return version.split('.').slice(0, 3).map(Number);
}

function deviceReason({ device, builder }: Recipe, { devices }: Machine): ErrorReport {
  const built = describeDevice(device, builder.targets);
  if (devices.length === 0) {
    const what = `It runs on ${built}, and there is no NVIDIA GPU that CUDA can use here.`;
    return remark('device-missing', what, { built });
  }
  const here = devices.map(({ name }) => name).join(', ');
  return remark('other-device', `It runs on ${built}; here is ${here}. Build it again for that.`, { built, here });
}
