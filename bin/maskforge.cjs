#!/usr/bin/env node
// The terminal shell of Maskforge: loads the build, and says what to do when there is none. CommonJS, because Node reads
// modules with its pool of threads, and has made that before their first line could choose its size.
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = dirname(__dirname);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const program = join(root, 'out', 'cli', 'index.cjs');

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`maskforge needs Node 20.19 or newer; this is ${process.version}.`);
} else if (!existsSync(program)) {
  fail(`maskforge has not been built. Run "npm run build" in ${root} (it installs what is missing first).`);
} else {
  void require(program).main(root);
}

function fail(message) {
  process.stderr.write(`error ${message}\n`);
  process.exitCode = 1;
}
