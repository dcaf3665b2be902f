// Bundles bench/NAME.ts into a program that Node runs: out/bench/NAME.cjs.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

/** @param {string} name @returns {Promise<string>} the program's file */
export async function buildBench(name) {
  const { build } = await import(pathToFileURL(join(root, 'node_modules', 'esbuild', 'lib', 'main.js')).href);
  const outfile = join(root, 'out', 'bench', `${name}.cjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'bench', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['onnxruntime-node', 'sharp', '@img/*', 'playwright-core'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  return outfile;
}
