// A process that loses its device, through the addon alone. Started by sticky.mjs; each step is one line of JSON on
// stdout, written at once, so that it is known how far a process came that was ended from inside.
//
//   node bench/gpu/sticky-child.mjs --engine DIR --tensorrt DIR --libraries DIR --fault FILE --model FILE.onnx
//                                   --warm N [--build]
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { describeEngine, openTensorRt } from './native-session.mjs';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    tensorrt: { type: 'string' },
    libraries: { type: 'string' },
    fault: { type: 'string' },
    model: { type: 'string' },
    warm: { type: 'string' },
    build: { type: 'boolean', default: false },
  },
});
const { plan, width, height, sessionOptions, placement } = describeEngine(options.engine);

/** Does one thing and tells how it went; goes on either way. */
async function step(name, run) {
  let outcome;
  try {
    outcome = { name, code: null, value: (await run()) ?? null };
  } catch (error) {
    outcome = { name, code: error.code ?? '', message: error.message };
  }
  writeSync(1, `${JSON.stringify(outcome)}\n`);
}

async function segment(session, grey) {
  const frame = { pixels: new Uint8Array(width * height * 4).fill(grey), width, height, format: 'rgba8' };
  const mask = new Uint8Array(width * height).fill(99);
  await session.segment({ frames: [frame], placement, masks: [mask] });
  return [...new Set(mask)];
}

const library = await openTensorRt(options.libraries, options.tensorrt);
await library.loadPlugins(options.fault);
const engine = await library.openEngine(plan, { device: 0 });
const session = await engine.createSession(sessionOptions);
const other = await library.openEngine(plan, { device: 0 });
const beside = await other.createSession(sessionOptions);

for (let index = 0; index < Number(options.warm); index++) await step('good frame', () => segment(session, 0));
await step('frame of a session beside it', () => segment(beside, 0));
await step('faulting frame', () => segment(session, 255));
await step('next frame', () => segment(session, 0));
await step('next frame of the session beside it', () => segment(beside, 0));
await step('another session of the engine', async () => {
  await (await engine.createSession(sessionOptions)).close();
});
await step('the engine opened again', async () => {
  await (await library.openEngine(plan, { device: 0 })).close();
});
if (options.build) {
  const enginePath = join(tmpdir(), `sticky-${process.pid}.plan`);
  await step('building', () =>
    library
      .build({ onnxPath: options.model, profiles: [], enginePath }, () => undefined)
      .then(({ engineBytes }) => engineBytes),
  );
}
await step('closing the session', () => session.close());
await step('closing the engine', () => engine.close());
await step('closing the session beside it', () => beside.close());
await step('closing its engine', () => other.close());
