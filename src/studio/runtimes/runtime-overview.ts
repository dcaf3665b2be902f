import { basename } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { RuntimeStatus } from '../../shared/domain/runtime';
import type { FoundRuntime, GpuState, RuntimeLibrary } from '../../shared/domain/runtime-library';
import type { FoundFamily } from '../../runtimes/tensorrt/find-libraries';
import { findTensorRt } from '../../runtimes/tensorrt/find-libraries';
import { readChoice } from '../../runtimes/tensorrt/find-libraries-choice';
import { familyNames } from '../../runtimes/tensorrt/find-libraries-names';
import { findOwnLibraries } from '../../runtimes/tensorrt/find-libraries-own';
import type { Environment, RunProgram } from '../../runtimes/tensorrt/find-libraries-places';
import { runProgram, runtimesFolder } from '../../runtimes/tensorrt/find-libraries-places';
import { findAddon, loadAddon } from '../../runtimes/tensorrt/load-addon';
import { firstWorking, probeDriver, probeLibrary } from '../../runtimes/tensorrt/probe-process';
import { examineGpu } from './gpu-facts';
import { installedRuntimes } from './install-runtime';
import { offers } from './offers';

export interface OverviewOptions {
  readonly dataDirectory: string;
  readonly env: Environment;
  /** Runtimes that need no installation, as they describe themselves. */
  readonly probe: () => Promise<RuntimeStatus[]>;
  readonly platform?: string | undefined;
  readonly arch?: string | undefined;
  readonly root?: string | undefined;
  readonly run?: RunProgram | undefined;
}

/** Everything about TensorRT on this machine: card, driver, libraries, where they were looked for, what can be had. */
export async function runtimeOverview(options: OverviewOptions): Promise<RuntimeLibrary> {
  const { dataDirectory, env, platform = process.platform, arch = process.arch, root = '', run = runProgram } = options;
  const addon = await describeAddon(env, platform);
  const probe = (): ReturnType<typeof probeDriver> =>
    addon.problem === '' ? probeDriver({ env }) : Promise.resolve(null);
  const [gpu, statuses, installed, choice] = await Promise.all([
    examineGpu({ env, platform, root, run, probe }),
    options.probe(),
    installedRuntimes(dataDirectory),
    readChoice(dataDirectory),
  ]);
  const computeCapability = capabilityOf(gpu);
  const search = await findTensorRt({
    dataDirectory,
    env,
    platform,
    arch,
    root,
    run,
    ...(computeCapability === null ? {} : { computeCapability }),
  });
  const own = (directory: string): string | null =>
    installed.find((name) => directory.startsWith(`${runtimesFolder(dataDirectory)}/${name}`.replaceAll('\\', '/'))) ??
    null;
  const found: FoundRuntime[] = [];
  const working = await firstWorking(search, { env });
  for (const family of search.families) {
    const chosen = family === working?.found;
    found.push(await describeFamily(family, chosen, gpu, env, own(family.directory.replaceAll('\\', '/'))));
  }
  return {
    gpu,
    addon,
    automatic: automaticFamily(gpu, working?.found.family ?? null, statuses),
    embedded: statuses.filter(({ id }) => id !== 'tensorrt'),
    found,
    places: search.places.map((place) => ({ ...place, findings: [...place.findings] })),
    offers: offers({ system: `${platform}-${arch}`, computeCapability, installed }),
    choice,
  };
}

function automaticFamily(
  gpu: GpuState,
  working: FoundRuntime['family'] | null,
  statuses: readonly RuntimeStatus[],
): RuntimeLibrary['automatic'] {
  if (gpu.state === 'ready') return working;
  return statuses.some(({ id, available }) => id === 'onnxruntime' && available) ? 'onnxruntime' : null;
}

/** Of the card that is used: the first that the driver names. */
export function capabilityOf(gpu: GpuState): number | null {
  return gpu.devices.find(({ computeCapability }) => computeCapability !== null)?.computeCapability ?? null;
}

async function describeAddon(env: Environment, platform: string): Promise<RuntimeLibrary['addon']> {
  const own = Object.values(await findOwnLibraries({ env, platform }));
  const names = (files: readonly string[]): string[] =>
    [...new Set(files.filter((file) => file !== ''))].map((file) => basename(file));
  const libraries = {
    backends: names(own.map(({ backend }) => backend)),
    plugins: names(own.flatMap(({ plugins }) => plugins)),
  };
  try {
    loadAddon(env);
    return { file: findAddon(env), problem: '', ...libraries };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const file = error.details['file'];
    const problem = `${error.message} ${error.hint ?? ''}`.trim();
    return { file: typeof file === 'string' ? file : null, problem, ...libraries };
  }
}

/** Opens the libraries in a process of their own: only then is it known that they are whole. */
async function describeFamily(
  family: FoundFamily,
  chosen: boolean,
  gpu: GpuState,
  env: Environment,
  installedAs: string | null,
): Promise<FoundRuntime> {
  const problems = [...family.problems];
  const base = {
    family: family.family,
    name: familyNames[family.family],
    version: family.version,
    directory: family.directory,
    source: family.source,
    installedAs,
  };
  if (!family.usable) return { ...base, chosen: false, state: 'incomplete', problems };
  try {
    const { version, buildsWithoutDevice } = await probeLibrary(family, { env });
    const noDevice = gpu.state !== 'ready';
    if (noDevice && !buildsWithoutDevice) problems.push(`${base.name} needs a GPU to build and to run: ${gpu.found}.`);
    const state = stateOf(family, noDevice, buildsWithoutDevice);
    return { ...base, version, chosen: chosen && state !== 'unserved', state, problems };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const broken = !['ADDON_MISSING', 'DEVICE_MISSING', 'NO_DEVICE'].includes(error.code);
    problems.push(`${error.message} [${error.code}]`, ...(error.hint === undefined ? [] : [error.hint]));
    return { ...base, chosen: false, state: broken ? 'broken' : 'incomplete', problems };
  }
}

function stateOf(family: FoundFamily, noDevice: boolean, buildsWithoutDevice: boolean): FoundRuntime['state'] {
  if (noDevice) return buildsWithoutDevice && family.canBuild ? 'builds-only' : 'unserved';
  if (!family.servesDevice) return 'unserved';
  return family.canBuild ? 'builds' : 'runs';
}
