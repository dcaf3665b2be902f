import { AppError } from '../../shared/app-error';
import type { NativeEngine, NativeLibrary, NativeSession, SessionOptions } from './addon';
import type { EngineToOpen, Size } from './engine-geometry';
import { gridOf, inputDims, normalisationOf } from './engine-geometry';
import { withRemedy } from './native-errors';

const BYTES: Readonly<Record<EngineToOpen['input']['type'], number>> = { float32: 4, float16: 2, uint8: 1 };

/** An engine on the device, before any session. @throws AppError ENGINE_CORRUPT, ENGINE_FOREIGN, OUT_OF_DEVICE_MEMORY … */
export function openPlan(library: NativeLibrary, engine: EngineToOpen): Promise<NativeEngine> {
  return withRemedy(`The engine ${engine.id}`, () => library.openEngine(engine.planPath, { device: engine.device }));
}

export function sessionOptions(engine: EngineToOpen, wideIds: boolean): SessionOptions {
  const { input, output } = engine;
  return {
    input: input.name,
    output: output.name,
    outputIsLogits: output.kind === 'logits',
    outputNhwc: output.layout === 'NHWC',
    normalisation: normalisationOf(engine),
    wideIds,
  };
}

/** The size of the output's grid for a size of the input: as the engine declares it, or as one run shows it. */
export async function measureGrid(
  native: NativeEngine,
  session: NativeSession,
  engine: EngineToOpen,
): Promise<{ input: Size; grid: Size }> {
  const { min } = engine.shapes;
  const input = { width: min.width, height: min.height };
  const declared = native.info.tensors.find(({ name }) => name === engine.output.name);
  const known = declared === undefined ? null : gridOf(declared.dims, engine.output);
  if (known !== null) return { input, grid: known };
  const dims = inputDims(engine.input, min);
  const bytes = new Uint8Array(dims.reduce((product, dim) => product * dim, 1) * BYTES[engine.input.type]);
  const blank = { name: engine.input.name, type: engine.input.type, dims, bytes };
  const outputs = await withRemedy(`The engine ${engine.id}`, () => session.infer([blank]));
  const given = outputs.find(({ name }) => name === engine.output.name);
  const grid = given === undefined ? null : gridOf(given.dims, engine.output);
  if (grid !== null) return { input, grid };
  throw new AppError(
    'ENGINE_CORRUPT',
    `The engine ${engine.id} has no output ${engine.output.name} of a usable shape.`,
    {
      hint: 'Build it again.',
      details: { engine: engine.id },
    },
  );
}
