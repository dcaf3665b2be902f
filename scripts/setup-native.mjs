#!/usr/bin/env node
// Fetches what the native half is built from and tested with, into the cache folder. Nothing is fetched twice.
import { parseArgs } from 'node:util';
import { ensureCuda, ensureHeaders, ensureRtx, ensureTensorrt, unsupportedReason } from './lib/native-fetch.mjs';
import { say } from './lib/paths.mjs';

const usage = `node scripts/setup-native.mjs [OPTIONS]
  --only PART     headers, cuda, rtx or tensorrt; may be given more than once
  --tensorrt      TensorRT 10.6 as well (1.1 GB), to build and run engines on a GPU
  --no-system-cuda   take CUDA's compiler from packages even where the system has one
  --json          print the folders as JSON on standard output
  --help`;

/** Each part's folders by name. */
const parts = {
  headers: () => ensureHeaders(),
  cuda: async (options) => ensureCuda(options),
  rtx: async () => ({ libraries: await ensureRtx() }),
  tensorrt: async () => ({ libraries: await ensureTensorrt() }),
};

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      tensorrt: { type: 'boolean', default: false },
      'no-system-cuda': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const names = values.only ?? ['headers', 'cuda', 'rtx', ...(values.tensorrt ? ['tensorrt'] : [])];
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`no part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  const reason = unsupportedReason();
  if (reason) throw new Error(reason);
  const found = {};
  for (const name of names) {
    found[name] = await parts[name]({ allowSystem: !values['no-system-cuda'] });
    for (const [key, value] of Object.entries(found[name])) say(`${name} ${key}: ${value}`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
}

try {
  await main();
} catch (error) {
  say(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${usage}` : error.message);
  process.exitCode = error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
}
