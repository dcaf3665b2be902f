import { readdir } from 'node:fs/promises';
import type { ErrorReport } from '../../shared/app-error';
import { AppError } from '../../shared/app-error';
import type { ComparisonSide, OpenSide } from '../../shared/domain/comparison';
import type { EngineRecord } from '../../shared/domain/engine';
import type { Label, ModelSummary, SizePolicy } from '../../shared/domain/model';
import type { RuntimeId } from '../../shared/domain/runtime';
import { remark } from '../../shared/remark';
import { servedSize } from '../engines/engine-to-open';
import type { EngineLibrary } from '../engines/engine-library';
import type { FileAccess } from '../file-access';
import { readError } from '../library/json-file';
import type { ModelLibrary } from '../library/model-library';
import type { OpenSession, SessionRegistry } from '../sessions/session-registry';
import { checkSameClasses, mergedLabels } from './same-classes';

export interface SideParts {
  readonly access: FileAccess;
  readonly models: Pick<ModelLibrary, 'get' | 'stamp'>;
  readonly engines: Pick<EngineLibrary, 'read'>;
  readonly sessions: SessionRegistry;
}

/** A side that can be asked: a session, or a folder of masks. */
export type SideInUse =
  | { readonly kind: 'session'; readonly info: OpenSide; readonly open: OpenSession }
  | { readonly kind: 'masks'; readonly info: OpenSide; readonly directory: string };

export interface OpenSides {
  readonly sides: readonly SideInUse[];
  readonly labels: readonly Label[];
}

/** What a side is, before anything is opened. */
interface Network {
  readonly kind: 'network';
  readonly model: ModelSummary;
  readonly stamp: string;
  readonly runtime: RuntimeId;
  readonly engine: EngineRecord | null;
}
type Planned = Network | { readonly kind: 'masks'; readonly directory: string };

export const runtimeNames: Readonly<Record<RuntimeId, string>> = {
  onnxruntime: 'ONNX Runtime',
  tensorrt: 'TensorRT',
  triton: 'Triton',
};

/**
 * Opens all sides, one after another, or none. Sessions are pinned: {@link closeSides} lets them go.
 *
 * @throws AppError COMPARE_SAME_TWICE, COMPARE_WITHOUT_NETWORK, COMPARE_CLASSES_DIFFER, MODEL_NOT_FOUND,
 *   ENGINE_NOT_FOUND, FILE_NOT_FOUND, FILE_NOT_GRANTED, and what opening a session throws
 */
export async function openSides(
  parts: SideParts,
  wanted: readonly ComparisonSide[],
  signal: AbortSignal,
): Promise<OpenSides> {
  const planned: Planned[] = [];
  for (const side of wanted) planned.push(await plan(parts, side));
  const labels = checkPlan(planned);
  const opened: (OpenSession | null)[] = [];
  try {
    for (const side of planned) opened.push(side.kind === 'masks' ? null : await openNetwork(parts, side, signal));
  } catch (error) {
    await Promise.all(opened.map((open) => open && parts.sessions.close(open.info.id, true)));
    throw error;
  }
  const names = namesFor(planned, opened);
  const sides = planned.map((side, index): SideInUse => {
    const [open = null, name = ''] = [opened[index], names[index]];
    if (side.kind === 'masks' || open === null) return masksInUse(name, side.kind === 'masks' ? side.directory : '');
    return { kind: 'session', open, info: describe(side, open, name) };
  });
  return { sides, labels };
}

export async function closeSides(sessions: SessionRegistry, sides: readonly SideInUse[]): Promise<void> {
  await Promise.all(sides.map((side) => side.kind === 'session' && sessions.close(side.open.info.id, true)));
}

async function plan({ access, models, engines }: SideParts, side: ComparisonSide): Promise<Planned> {
  switch (side.kind) {
    case 'masks':
      access.check(side.directory);
      await readdir(side.directory).catch((error: unknown) => Promise.reject(readError(error, side.directory)));
      return { kind: 'masks', directory: side.directory };
    case 'model': {
      const [model, stamp] = await Promise.all([models.get(side.modelId), models.stamp(side.modelId)]);
      return { kind: 'network', model, stamp, runtime: side.runtime, engine: null };
    }
    case 'engine': {
      const { record } = await engines.read(side.engineId);
      const known = await models.get(record.model.id).catch(() => null);
      const stamp = known === null ? record.recipe.model.sha256 : await models.stamp(record.model.id);
      // An engine outlives its model's place in the library; whether it still is of that model its runtime checks.
      return { kind: 'network', model: known ?? record.model, stamp, runtime: runtimeOf(record), engine: record };
    }
  }
}

function runtimeOf({ recipe }: EngineRecord): RuntimeId {
  return recipe.runtime.family.startsWith('onnxruntime') ? 'onnxruntime' : 'tensorrt';
}

function checkPlan(planned: readonly Planned[]): Label[] {
  const networks = planned.filter((side): side is Network => side.kind === 'network');
  const [first] = networks;
  if (first === undefined) {
    throw new AppError('COMPARE_WITHOUT_NETWORK', 'There is no model and no engine among the sides.', {
      hint: 'Name at least one model or engine beside the drawn masks.',
    });
  }
  const keys = planned.map(keyOf);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) {
    throw new AppError('COMPARE_SAME_TWICE', `The same side is named twice: ${twice}.`, {
      hint: 'Name each model or engine, and at most one folder of drawn masks, once.',
      details: { side: twice },
    });
  }
  for (const other of networks.slice(1)) {
    checkSameClasses(
      { name: plainName(first), labels: first.model.labels },
      { name: plainName(other), labels: other.model.labels },
    );
  }
  return mergedLabels(networks.map(({ model }) => model.labels));
}

function keyOf(side: Planned): string {
  if (side.kind === 'masks') return 'drawn masks';
  return side.engine === null ? `${side.model.name} on ${runtimeNames[side.runtime]}` : `the engine ${side.engine.id}`;
}

function plainName({ model, engine }: Network): string {
  return engine === null ? model.name : `${engine.model.name} (${engine.id})`;
}

function openNetwork(
  parts: SideParts,
  { model, stamp, runtime, engine }: Network,
  signal: AbortSignal,
): Promise<OpenSession> {
  const engineId = engine?.id;
  return parts.sessions.open(model, { runtime, threads: 0, engineId, stamp, pinned: true }, signal);
}

/** As short as they can be told apart: the model's name only where models differ, an engine's id only as a last resort. */
function namesFor(planned: readonly Planned[], opened: readonly (OpenSession | null)[]): string[] {
  const models = new Set(planned.flatMap((side) => (side.kind === 'network' ? [side.model.name] : [])));
  const names = planned.map((side, index) => {
    const info = opened[index]?.info;
    if (side.kind === 'masks' || info === undefined) return 'Drawn masks';
    const parts = [info.precision, runtimeNames[side.runtime]];
    return (models.size > 1 ? [side.model.name, ...parts] : parts).join(' · ');
  });
  return names.map((name, index) => {
    const side = planned[index];
    const isAlone = names.filter((other) => other === name).length === 1;
    if (isAlone || side === undefined || side.kind === 'masks') return name;
    return `${name} (${side.engine?.id.slice(0, 6) ?? 'model'})`;
  });
}

function describe({ model, engine, runtime }: Network, { info }: OpenSession, name: string): OpenSide {
  const size = engine === null ? model.preprocessing.size : servedSize(model.preprocessing.size, engine);
  return {
    kind: engine === null ? 'model' : 'engine',
    name,
    modelId: model.id,
    modelName: model.name,
    engineId: engine?.id ?? null,
    directory: null,
    runtimeId: runtime,
    runtime: `${runtimeNames[runtime]} ${info.runtimeVersion}`,
    device: info.device,
    precision: info.precision,
    sessionId: info.id,
    size,
    builtAt: engine?.builtAt ?? null,
    notes: info.fallback === null ? [] : [remark('runtime-fallback', info.fallback, { said: info.fallback })],
  };
}

function masksInUse(name: string, directory: string): SideInUse {
  const nothing = {
    modelId: null,
    modelName: null,
    engineId: null,
    runtimeId: null,
    sessionId: null,
    size: null,
    builtAt: null,
  };
  const info: OpenSide = {
    kind: 'masks',
    name,
    directory,
    ...nothing,
    runtime: '',
    device: '',
    precision: '',
    notes: [],
  };
  return { kind: 'masks', directory, info };
}

/** What to say of a side that sees pictures otherwise than the reference does. */
export function sizeNote(size: SizePolicy | null, reference: SizePolicy | null): ErrorReport | null {
  if (size === null || reference === null) return null;
  const [own, theirs] = [describeSize(size), describeSize(reference)];
  if (own === theirs) return null;
  return remark('sees-other-size', `Sees pictures ${own}, the reference ${theirs}: that alone makes masks differ.`, {
    own: shortSize(size),
    theirs: shortSize(reference),
  });
}

/** The same without words. */
function shortSize(size: SizePolicy): string {
  if (size.mode === 'native') return `≤ ${size.maxSide}`;
  return `${size.mode} ${size.width}×${size.height}`;
}

function describeSize(size: SizePolicy): string {
  switch (size.mode) {
    case 'stretch':
      return `at ${size.width}x${size.height}`;
    case 'pad':
      return `padded to ${size.width}x${size.height}`;
    case 'tile':
      return `in tiles of ${size.width}x${size.height}`;
    case 'native':
      return `at their own size up to ${size.maxSide}`;
  }
}
