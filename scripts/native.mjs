#!/usr/bin/env node
// npm run native: builds the native half (the TensorRT addon, its backends, plugins and kernels) into native/build/lib.
// Fetches what it is built from. Nothing else needs it: without it the studio runs on ONNX Runtime.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildFolder, ensureNative } from './lib/native-build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { say } from './lib/paths.mjs';

const usage = `npm run native [-- OPTIONS]
  --quick       machine code for two GPU generations only: much faster to compile, for tests
  --tests       the C++ tests as well (needs GoogleTest)
  --strict      our own warnings are errors
  --plain       through cmake alone, without cmake-js
  --build DIR   into another folder than native/build
  --help`;

async function main() {
  const flag = { type: 'boolean', default: false };
  const options = { quick: flag, tests: flag, strict: flag, plain: flag, build: { type: 'string' }, help: flag };
  const { values } = parseArgs({ options });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  await ensurePackages();
  const build = values.build === undefined ? buildFolder : resolve(values.build);
  const { quick, tests, strict, plain } = values;
  const tool = plain ? 'cmake' : 'cmake-js';
  const outcome = await ensureNative({ quick, tests, strict, tool, build, show: true });
  if ('missing' in outcome) throw new Error(`the native half cannot be built: ${outcome.missing}`);
  say(`${outcome.built ? 'built' : 'up to date'}: ${build}`);
}

try {
  await main();
} catch (error) {
  say(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${usage}` : error.message);
  process.exitCode = error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
