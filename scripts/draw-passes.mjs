#!/usr/bin/env node
// node scripts/draw-passes.mjs: draws the before/after pictures of docs/onnx-workbench.md from the committed fixtures.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, say } from './lib/paths.mjs';

const outfile = join(root, 'out', 'scripts', 'pass-pictures.cjs');
await build({
  absWorkingDir: root,
  entryPoints: [join(root, 'src', 'onnx', 'draw', 'pass-pictures.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['onnxruntime-node'],
  logLevel: 'warning',
});
const { drawPassPictures } = createRequire(import.meta.url)(outfile);
const folder = join(root, 'docs', 'images');
mkdirSync(folder, { recursive: true });
for (const [name, svg] of await drawPassPictures(join(root, 'tools', 'fixtures', 'models', 'small'))) {
  writeFileSync(join(folder, name), svg);
  say(`docs/images/${name}: ${svg.length} bytes`);
}
