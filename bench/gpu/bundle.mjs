#!/usr/bin/env node
// Packs what the studio's terminal, and its window in a browser, need to run on a machine that has a GPU but neither npm
// nor a network: the built program, the addon with its backends and plugins, and the few packages that cannot be bundled.
//
//   node bench/gpu/bundle.mjs OUT.tar.xz [folder of the native libraries]
//
// There: tar xJf OUT.tar.xz -C FOLDER && node FOLDER/bin/maskforge.cjs doctor; the benchmarks of frames and folders are
// FOLDER/out/bench/pipeline.cjs and batch.cjs, and what sticky.mjs runs of the studio is lost-device.cjs.
import { cpSync, existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildBench } from '../../scripts/lib/bench-build.mjs';
import { ensureBuild } from '../../scripts/lib/build.mjs';
import { root, say } from '../../scripts/lib/paths.mjs';
import { run, tail } from '../../scripts/lib/process.mjs';

/** Files and folders, relative to the root. */
const wanted = [
  ...['package.json', 'bin', 'out/cli', 'out/host', 'out/worker', 'out/server', 'out/renderer', 'out/bench'],
  ...['resources', 'node_modules/playwright-core'],
  ...['node_modules/onnxruntime-node/package.json', 'node_modules/onnxruntime-node/dist'],
  ...['node_modules/onnxruntime-node/bin/napi-v6/linux/x64', 'node_modules/onnxruntime-common'],
  ...['node_modules/sharp', 'node_modules/detect-libc', 'node_modules/semver', 'node_modules/@img/colour'],
  ...['node_modules/@img/sharp-linux-x64', 'node_modules/@img/sharp-libvips-linux-x64'],
];

/** Not needed to run: debugging maps, types and static libraries. */
const isWanted = (path) => !/\.(map|d\.ts|md|a)$/.test(path);

async function bundle(target, libraries) {
  await ensureBuild();
  for (const name of ['pipeline', 'batch', 'lost-device']) await buildBench(name);
  const folder = mkdtempSync(join(tmpdir(), 'maskforge-bundle-'));
  try {
    for (const path of [...wanted.map((entry) => join(root, entry)), libraries])
      if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run native" first`);
    for (const path of wanted) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(root, path), join(folder, path), { recursive: true, filter: isWanted, dereference: true });
    }
    cpSync(libraries, join(folder, 'native', 'build', 'lib'), { recursive: true, filter: isWanted, dereference: true });
    const entries = readdirSync(folder);
    const packed = await run('tar', ['cJf', resolve(target), '-C', folder, ...entries], {
      env: { ...process.env, XZ_OPT: '-6 -T2' },
    });
    if (packed.code !== 0) throw new Error(`tar failed: ${tail(packed, 4)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [target, libraries = join(root, 'native', 'build', 'lib')] = process.argv.slice(2);
if (target === undefined) {
  say('usage: node bench/gpu/bundle.mjs OUT.tar.xz');
  process.exitCode = 2;
} else {
  await bundle(target, resolve(libraries));
}
