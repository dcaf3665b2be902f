#!/usr/bin/env node
// The terminal shell of Maskforge: loads the build, and says what to do when there is none.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const program = ['index.cjs', 'index.mjs', 'index.js'].map((name) => join(root, 'out', 'cli', name)).find(existsSync);

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`maskforge needs Node 20.19 or newer; this is ${process.version}.`);
} else if (program === undefined) {
  fail(`maskforge has not been built. Run "npm run build" in ${root} (it installs what is missing first).`);
} else {
  const { main } = await import(pathToFileURL(program).href);
  await main(root);
}

function fail(message) {
  process.stderr.write(`error ${message}\n`);
  process.exitCode = 1;
}
