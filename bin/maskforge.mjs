#!/usr/bin/env node
// The terminal shell of Maskforge: loads the build, and says what to do when there is none.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const program = join(root, 'out', 'cli', 'index.cjs');

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`maskforge needs Node 20.19 or newer; this is ${process.version}.`);
} else if (!existsSync(program)) {
  fail(`maskforge has not been built. Run "npm run build" in ${root} (it installs what is missing first).`);
} else {
  // Not imported: Node would first read all of it in search of its exports, which takes as long as running it.
  const { main } = createRequire(import.meta.url)(program);
  await main(root);
}

function fail(message) {
  process.stderr.write(`error ${message}\n`);
  process.exitCode = 1;
}
