import { basename, join } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelInput } from '../../shared/domain/model';
import type { BuildEvent, BuildResult } from '../../runtimes/tensorrt/addon';
import { withRemedy } from '../../runtimes/tensorrt/native-errors';
import type { TensorRtTarget } from './build-plan';
import { buildRequest } from './build-plan';
import { BuildProgress, buildTimeLeft } from './build-progress';
import type { Compiled, Work } from './build-work';
import { seconds, tell, warn } from './build-work';
import { engineFiles } from './engine-files';
import type { Rewritten } from './rewrite-graph';
import type { TimingCache } from './timing-cache';

/**
 * Builds a plan with TensorRT, on a thread of the addon.
 *
 * @param earlier seconds that builds of the same model took with the same effort, with or without a timing cache
 * @throws AppError CANCELLED, ENGINE_BUILD_FAILED, ONNX_PARSE_FAILED, OUT_OF_DEVICE_MEMORY, DISK_FULL
 */
export async function compileTensorRt(
  work: Work,
  target: TensorRtTarget,
  { io, file }: Rewritten,
  timing: TimingCache,
  earlier: (warmCache: boolean) => Promise<readonly number[]>,
): Promise<Compiled> {
  const { plan, staged, observer } = work;
  const { runtime, device } = plan.recipe;
  const { library } = target.family;
  const warnOf = (said: ErrorReport): void => warn(work, said);
  const cache = await timing.read(runtime, device, warnOf);
  observer.phase('build', `${library.family} ${library.version}`);
  const files = { graph: file, plan: join(staged, engineFiles.plan) };
  const before = await earlier(cache !== null);
  const progress = new BuildProgress();
  const begun = seconds();
  const onEvent = (event: BuildEvent): void => {
    if (event.kind === 'log') return tell(work, event.severity, event.text);
    progress.add(event);
    if (event.kind === 'phase') observer.phase('build', event.phase);
    const [from, to] = work.spans.build;
    observer.progress(from + (to - from) * progress.share);
    observer.timeLeft(buildTimeLeft(progress.share, seconds() - begun, before));
  };
  const how = { recipe: plan.recipe, target, files, input: io.input, cache, subject: basename(work.model.path) };
  const result = await buildPlan({ ...how, signal: observer.signal, onEvent });
  await timing.write(runtime, device, result.timingCache, warnOf);
  return {
    planFile: engineFiles.plan,
    tensors: result.tensors.map((tensor) => ({ ...tensor, dims: [...tensor.dims] })),
    layers: result.layers,
    layerInformation: result.layerInformation,
    seconds: result.seconds,
    warmCache: cache !== null,
  };
}

export interface PlanBuild {
  readonly recipe: Recipe;
  readonly target: TensorRtTarget;
  readonly files: { readonly graph: string; readonly plan: string };
  /** Of the graph. */
  readonly input: ModelInput;
  /** What the builder measured before; null where nothing is known. */
  readonly cache: Uint8Array | null;
  /** What errors name. */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: BuildEvent) => void;
}

/** The plan of one graph. @throws AppError CANCELLED, ENGINE_BUILD_FAILED, ONNX_PARSE_FAILED, OUT_OF_DEVICE_MEMORY, DISK_FULL */
export function buildPlan({
  recipe,
  target,
  files,
  input,
  cache,
  subject,
  signal,
  onEvent = () => undefined,
}: PlanBuild): Promise<BuildResult> {
  const request = buildRequest(recipe, target, files, input, cache);
  return withRemedy(subject, () => target.family.library.build(request, onEvent, signal));
}
