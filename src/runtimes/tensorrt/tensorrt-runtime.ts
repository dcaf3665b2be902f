import { AppError } from '../../shared/app-error';
import type { ModelSummary } from '../../shared/domain/model';
import type { RuntimeStatus } from '../../shared/domain/runtime';
import type { OpenOptions, Runtime } from '../runtime';
import type { CudaReport, RuntimeFamily } from './addon';
import type { EngineToOpen } from './engine-geometry';
import { EngineGeometry } from './engine-geometry';
import { familyNames } from './find-libraries-names';
import { withRemedy } from './native-errors';
import { measureGrid, openPlan, sessionOptions } from './open-engine';
import type { TensorRtLibraries } from './tensorrt-libraries';
import { TensorRtSession } from './tensorrt-session';

export interface TensorRtOptions {
  readonly libraries: TensorRtLibraries;
  /**
   * The engine to open for a model: of this id or, without one, the newest that runs here; its content checked.
   * @throws AppError ENGINE_NEEDED, ENGINE_NOT_FOUND, ENGINE_STALE, ENGINE_FOREIGN, ENGINE_UNTRUSTED, ENGINE_CORRUPT
   */
  findEngine(model: ModelSummary, engineId: string | undefined): Promise<EngineToOpen>;
}

/** Ids past this need two bytes. */
const MOST_NARROW_IDS = 255;
/** Side of the blank picture that a session is warmed up with. */
const WARM_UP_SIDE = 64;

/** TensorRT 10, 11 or TensorRT for RTX: whichever this machine has and an engine was built for. */
export function createTensorRtRuntime(options: TensorRtOptions): Runtime {
  return {
    id: 'tensorrt',
    probe: () => probe(options.libraries),
    open: async (model, how) => {
      const engine = await options.findEngine(model, how.engineId);
      return openEngine(options.libraries, engine, how);
    },
  };
}

/**
 * Opens an engine on its device and runs it once.
 * @throws AppError TENSORRT_MISSING, NO_DEVICE, ENGINE_CORRUPT, ENGINE_FOREIGN, OUT_OF_DEVICE_MEMORY, CANCELLED
 */
export async function openEngine(
  libraries: TensorRtLibraries,
  engine: EngineToOpen,
  { signal }: Pick<OpenOptions, 'signal'> = {},
): Promise<TensorRtSession> {
  const device = await libraries.device(engine.device);
  const { library } = await libraries.open(engine.family);
  throwIfAborted(signal);
  const native = await openPlan(library, engine);
  const wideIds = engine.classes > MOST_NARROW_IDS;
  const session = await withRemedy(`The engine ${engine.id}`, () =>
    native.createSession(sessionOptions(engine, wideIds)),
  ).catch(async (error: unknown) => {
    await native.close();
    throw error;
  });
  try {
    const geometry = new EngineGeometry(engine, await measureGrid(native, session, engine));
    const runtimeVersion = versionText(engine.family, library.version);
    const facts = { runtimeVersion, device: device.name, bytesPerId: wideIds ? 2 : 1 } as const;
    const opened = new TensorRtSession({ session, engine: native }, engine, geometry, facts);
    throwIfAborted(signal);
    await warmUp(opened);
    throwIfAborted(signal);
    return opened;
  } catch (error) {
    await session.close();
    await native.close();
    throw error;
  }
}

/** Runs once, so that the first picture is as fast as the next. */
async function warmUp(session: TensorRtSession): Promise<void> {
  const side = WARM_UP_SIDE;
  const blank = { format: 'rgba', width: side, height: side, data: new Uint8Array(side * side * 4) } as const;
  try {
    await session.frames.segment([{ ...blank, matrix: 'bt709', fullRange: false }]);
  } catch (error) {
    // A policy that takes pictures in their own size may make this one too small for the engine.
    if (!(error instanceof AppError) || error.code !== 'ENGINE_SHAPE_OUT_OF_RANGE') throw error;
  }
}

async function probe(libraries: TensorRtLibraries): Promise<RuntimeStatus> {
  const base = { id: 'tensorrt', name: 'TensorRT' } as const;
  try {
    const { chosen, reason } = await libraries.search();
    if (chosen === null) return { ...base, version: '', available: false, devices: [], reason };
    const name = familyNames[chosen.family];
    const version = versionText(chosen.family, chosen.version);
    const cuda = await libraries.cuda();
    const devices = cuda.devices.map(describeDevice);
    const problem =
      cuda.devices.length === 0 ? noDevice(cuda, name) : chosen.servesDevice ? '' : (chosen.problems[0] ?? '');
    return { ...base, version, available: problem === '', devices, reason: problem };
  } catch (error) {
    const hint = error instanceof AppError && error.hint !== undefined ? ` ${error.hint}` : '';
    const reason = `${error instanceof Error ? error.message : String(error)}${hint}`;
    return { ...base, version: '', available: false, devices: [], reason };
  }
}

/** What stands behind the name TensorRT. */
function versionText(family: RuntimeFamily, version: string): string {
  return family === 'tensorrt-rtx' ? `${version} (for RTX)` : version;
}

function describeDevice({ name, computeCapability, totalMemory }: CudaReport['devices'][number]): string {
  const memory = (totalMemory / 2 ** 30).toFixed(0);
  return `${name} · sm_${computeCapability} · ${memory} GiB`;
}

function noDevice({ reason }: CudaReport, name: string): string {
  const why = reason === '' ? '' : ` (${reason})`;
  const can = name === 'TensorRT for RTX' ? ' Engines can be built here for other machines.' : '';
  return `${name} was found, but no NVIDIA GPU that CUDA can use${why}.${can}`;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
}
