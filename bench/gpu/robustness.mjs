#!/usr/bin/env node
// What only a GPU can show of the addon: thousands of frames without a leak, sessions side by side, and what it says to
// engines and requests that are wrong. Prints one JSON object; exit code 1 when a check fails.
//
//   node bench/gpu/robustness.mjs --engine DIR --tensorrt DIR --libraries native/build/lib [--frames 10000]
//
// DIR of the engine is its folder in the engine library: one that takes pictures of one size and gives logits.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeEngine, openTensorRt } from './native-session.mjs';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    tensorrt: { type: 'string' },
    libraries: { type: 'string', default: 'native/build/lib' },
    frames: { type: 'string', default: '10000' },
    python: { type: 'string', default: 'python3' },
  },
});
const libraries = resolve(options.libraries);
const folder = mkdtempSync(join(tmpdir(), 'maskforge-robustness-'));
const results = {};
let failed = false;

async function check(name, run) {
  const start = performance.now();
  try {
    results[name] = { passed: true, ...(await run()), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    failed = true;
    results[name] = { passed: false, code: error.code, message: error.message };
  }
  process.stderr.write(`${results[name].passed ? 'ok    ' : 'FAILED'} ${name} ${JSON.stringify(results[name])}\n`);
}

/** Runs what has to fail with one of these codes. */
async function refused(codes, run) {
  try {
    await run();
  } catch (error) {
    if (codes.includes(error.code)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error(`it was accepted; expected ${codes.join(' or ')}`);
}

const library = await openTensorRt(libraries, options.tensorrt);
const { record, plan, width, height, sessionOptions, placement } = describeEngine(options.engine);
const noise = new Uint8Array(width * height * 4).map((_, index) => (index * 2654435761) >>> 24);
const frame = { pixels: noise, width, height, format: 'rgba8' };

/** MiB that this process holds: on the device by nvidia-smi (all processes), on the host by its resident set. */
function memory() {
  const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
  const device = Number(spawnSync('nvidia-smi', query, { encoding: 'utf8' }).stdout.trim().split('\n')[0]);
  return { device, host: Math.round(process.memoryUsage.rss() / 2 ** 20) };
}

async function withSession(run) {
  const engine = await library.openEngine(plan, { device: 0 });
  const session = await engine.createSession(sessionOptions);
  try {
    return await run(session, engine);
  } finally {
    await session.close();
    await engine.close();
  }
}

await check('plugin missing', () => {
  const needsPlugin = record.recipe.passes.some(
    ({ form, pass }) => form === 'plugin' || /^fuse-(decode|mixffn)/.test(pass),
  );
  if (!needsPlugin) return { note: 'the engine needs none' };
  return refused(['ENGINE_PLUGIN_MISSING'], () => library.openEngine(plan, { device: 0 }));
});
await check('plugin of another family', () =>
  refused(['PLUGIN_FAMILY_MISMATCH', 'PLUGIN_FOREIGN', 'PLUGIN_FAMILY'], () =>
    library.loadPlugins(join(libraries, 'libmaskforge_layernorm_11.so')),
  ),
);
for (const name of readdirSync(libraries)) {
  if (/^libmaskforge_(layernorm|decodehead|depthwisegelu)_10\.so$/.test(name))
    await library.loadPlugins(join(libraries, name));
}

await check('frames without a leak', () =>
  withSession(async (session) => {
    const mask = new Uint8Array(width * height);
    const first = new Uint8Array(width * height);
    await session.segment({ frames: [frame], placement, masks: [first] });
    const samples = [];
    const count = Number(options.frames);
    for (let index = 0; index < count; index++) {
      await session.segment({ frames: [frame], placement, masks: [mask] });
      if (index === 500 || (index + 1) % (count / 5) === 0) samples.push({ frame: index + 1, ...memory() });
    }
    if (Buffer.compare(Buffer.from(first), Buffer.from(mask)) !== 0)
      throw new Error('the same frame gave another mask');
    const [begin] = samples;
    const end = samples.at(-1);
    if (end.device > begin.device) throw new Error(`device memory grew: ${JSON.stringify(samples)}`);
    if (end.host > begin.host + 30) throw new Error(`host memory grew: ${JSON.stringify(samples)}`);
    return { frames: count, samples };
  }),
);

await check('opened and closed a hundred times', async () => {
  const samples = [];
  for (let round = 0; round < 100; round++) {
    await withSession((session) =>
      session.segment({ frames: [frame], placement, masks: [new Uint8Array(width * height)] }),
    );
    if (round % 33 === 0) samples.push(memory());
  }
  const [, second] = samples;
  const end = samples.at(-1);
  if (end.device > second.device + 2) throw new Error(`device memory grew: ${JSON.stringify(samples)}`);
  return { samples };
});

await check('sessions side by side', () =>
  withSession((one) =>
    withSession(async (other) => {
      const masks = Array.from({ length: 64 }, () => new Uint8Array(width * height));
      await Promise.all(
        masks.map((mask, index) =>
          (index % 2 === 0 ? one : other).segment({ frames: [frame], placement, masks: [mask] }),
        ),
      );
      const same = masks.every((mask) => Buffer.compare(Buffer.from(mask), Buffer.from(masks[0])) === 0);
      if (!same) throw new Error('two sessions gave different masks');
      return {};
    }),
  ),
);

await check('closed while frames wait', async () => {
  const engine = await library.openEngine(plan, { device: 0 });
  const session = await engine.createSession(sessionOptions);
  const waiting = Array.from({ length: 16 }, () =>
    session.segment({ frames: [frame], placement, masks: [new Uint8Array(width * height)] }).then(
      () => 'done',
      ({ code }) => code,
    ),
  );
  await session.close();
  await session.close();
  await engine.close();
  const outcomes = [...new Set(await Promise.all(waiting))];
  if (outcomes.some((outcome) => outcome === undefined)) throw new Error('an error without a code');
  return { outcomes };
});

await check('shape out of the profile', () =>
  withSession((session) =>
    refused(['PROFILE_OUT_OF_RANGE'], () =>
      session.segment({
        frames: [frame],
        placement: { ...placement, resizedWidth: 64, resizedHeight: 64, inputWidth: 64, inputHeight: 64 },
        masks: [new Uint8Array(width * height)],
      }),
    ),
  ),
);

const damaged = join(folder, 'engine.plan');
const bytes = readFileSync(plan).byteLength;
for (const [name, size] of [
  ['half', bytes >> 1],
  ['all but 100 bytes', bytes - 100],
  ['1000 bytes', 1000],
  ['nothing', 0],
]) {
  await check(`engine cut to ${name}`, () => {
    copyFileSync(plan, damaged);
    truncateSync(damaged, size);
    return refused(['ENGINE_CORRUPT', 'ENGINE_FOREIGN'], () => library.openEngine(damaged, { device: 0 }));
  });
}
await check('engine with noise in the middle', () => {
  const content = readFileSync(plan);
  content.fill(0xa5, bytes >> 1, (bytes >> 1) + 4096);
  writeFileSync(damaged, content);
  // Weights may be any bytes: then it opens, which is right as far as can be told here. The library's hash tells more.
  return library.openEngine(damaged, { device: 0 }).then(
    async (engine) => (await engine.close(), { note: 'opened: the noise fell on weights' }),
    ({ code, message }) => (code === undefined ? Promise.reject(new Error(message)) : { code, message }),
  );
});
await check('a text file as an engine', () => {
  writeFileSync(damaged, 'no engine '.repeat(1000));
  return refused(['ENGINE_CORRUPT', 'ENGINE_FOREIGN'], () => library.openEngine(damaged, { device: 0 }));
});
await check('no such device', () =>
  refused(['NO_DEVICE', 'DEVICE_UNKNOWN'], () => library.openEngine(plan, { device: 7 })),
);

await check('no device memory left', async () => {
  // Another process takes all of it.
  const hog = spawn(
    options.python,
    [
      '-c',
      'import torch,time\nfree,_=torch.cuda.mem_get_info()\nkeep=[]\nstep=free//64\nwhile True:\n  try: keep.append(torch.empty(step,dtype=torch.uint8,device="cuda"))\n  except torch.OutOfMemoryError:\n    step//=2\n    if step<1<<21: break\nprint("full",flush=True)\ntime.sleep(60)',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await new Promise((done, fail) => {
      hog.stdout.once('data', done);
      hog.once('exit', () => fail(new Error('the process that takes the memory ended')));
    });
    return await refused(['DEVICE_OUT_OF_MEMORY'], () =>
      withSession((session) =>
        session.segment({ frames: [frame], placement, masks: [new Uint8Array(width * height)] }),
      ),
    );
  } finally {
    hog.kill('SIGKILL');
    await new Promise((done) => (hog.exitCode === null && hog.signalCode === null ? hog.once('exit', done) : done()));
  }
});
await check('works again afterwards', () =>
  withSession(async (session) =>
    session.segment({ frames: [frame], placement, masks: [new Uint8Array(width * height)] }),
  ),
);

rmSync(folder, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({ benchmark: 'gpu-robustness', tensorrt: library.version, engine: record.recipe, results }, null, 1)}\n`,
);
process.exitCode = failed ? 1 : 0;
