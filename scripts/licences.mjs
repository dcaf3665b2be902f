// Writes docs/licences.md: what the studio is built on and under which terms, read from the installed packages.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';

const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

/**
 * Every package that ends up in what users run: dependencies and, transitively, theirs, as the lock file has them.
 * @returns {{ name: string, version: string, licence: string, direct: boolean }[]} by name
 */
export function shippedPackages(lock, manifest) {
  const rows = new Map();
  for (const [folder, entry] of Object.entries(lock.packages)) {
    if (folder === '' || entry.dev || entry.devOptional) continue;
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const direct = folder === `node_modules/${name}` && name in manifest.dependencies;
    rows.set(`${name}@${entry.version}`, { name, version: entry.version, licence: licenceOf(entry, folder), direct });
  }
  return [...rows.values()].sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
  );
}

/** The lock file says for almost all; else the package itself. */
function licenceOf(entry, folder) {
  if (entry.license) return entry.license;
  try {
    return read(folder, 'package.json').license ?? 'not stated';
  } catch {
    return 'not installed on this platform';
  }
}

function table(rows) {
  return rows.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`).join('\n');
}

function page(packages) {
  const direct = packages.filter((row) => row.direct);
  const others = packages.filter((row) => !row.direct);
  return `# Licences

Maskforge itself, its sample model, sample pictures and video are under Apache-2.0 (see LICENSE). The model was trained
on pictures that its own tools drew; no third party's pictures or weights are in it or in this repository.

Nothing below is kept in this repository: packages are installed from the registry by \`package-lock.json\`.
This page is written by \`node scripts/licences.mjs\`.

## Used directly

| package | version | licence |
| --- | --- | --- |
${table(direct)}

## Used by those

| package | version | licence |
| --- | --- | --- |
${table(others)}

libvips, which sharp's packages contain, is under LGPL-3.0-or-later and is used as a separate library file.

## Built into the native half

Only a machine that runs \`npm run native\` has it; no file of these is in this repository.

| what | licence |
| --- | --- |
| node-addon-api, node-api-headers (headers) | MIT |
| TensorRT's and TensorRT for RTX's headers, as the Rust package trtx-sys carries them | Apache-2.0 |
| CUDA's compiler and its static runtime, which is linked in | NVIDIA CUDA Toolkit licence; the runtime is among its redistributable files |

## Fetched only when the user asks

TensorRT and TensorRT for RTX come from the package registries under NVIDIA's licences, which are shown.

Models of the catalogue come from their publishers under their own terms, which the studio shows before a download.
NVIDIA's SegFormer weights are for research and evaluation only.
`;
}

const packages = shippedPackages(read('package-lock.json'), read('package.json'));
writeFileSync(join(root, 'docs', 'licences.md'), page(packages));
console.log(`docs/licences.md: ${packages.length} packages`);
