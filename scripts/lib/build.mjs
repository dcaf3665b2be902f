// Builds out/ when it is older than what it is made from.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, say } from './paths.mjs';
import { run, tail } from './process.mjs';

const stampFile = join(root, 'out', '.built-from');

/** What a build depends on; a change anywhere in there makes it stale. */
const inputs = ['src', 'electron.vite.config.mts', 'package.json', 'package-lock.json', 'scripts/lib/build.mjs'];

/** Programs that run in plain Node and, the host, in Electron's utility process as well: name in out/ and source. */
const nodePrograms = {
  'host/host': 'src/studio/host/host-main.ts',
  'server/server': 'src/server/server-main.ts',
  'cli/index': 'src/cli/index.ts',
  'worker/ort-worker': 'src/runtimes/onnxruntime/ort-worker.ts',
  'worker/picture-thread': 'src/studio/batch/picture-thread.ts',
};

/**
 * A hash of names and contents, so that a checkout or a copy with new dates is not built again.
 * @param {string[]} paths files and folders, relative to `base`
 * @param {string} [base]
 * @param {{ tests?: boolean }} [options] whether tests count: they are in no build of ours but the native one
 */
export function contentHash(paths, base = root, { tests = false } = {}) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.isDirectory()) visit(join(path, entry.name));
      else if (tests || !/\.test\.[a-z]+$/.test(entry.name)) add(join(path, entry.name));
    }
  };
  const add = (file) =>
    hash
      .update(`${relative(base, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  for (const path of paths) {
    if (/\.[a-z]+$/.test(path)) add(join(base, path));
    else visit(join(base, path));
  }
  return hash.digest('hex');
}

async function buildWindow() {
  const cli = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  // Electron 22 is the oldest that is supported; without this the target would be the installed package's version.
  const env = { ...process.env, ELECTRON_MAJOR_VER: '22', NODE_ENV: 'production' };
  const outcome = await run(process.execPath, [cli, 'build', '--logLevel', 'warn'], { cwd: root, env });
  if (outcome.code !== 0) throw new Error(`building the window failed:\n${tail(outcome, 30)}`);
}

async function buildNodePrograms() {
  const { build } = await import(pathToFileURL(join(root, 'node_modules', 'esbuild', 'lib', 'main.js')).href);
  const entries = Object.entries(nodePrograms).filter(([, source]) => existsSync(join(root, source)));
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries),
    outdir: 'out',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    // Electron 22's Node.
    target: 'node16.17',
    format: 'cjs',
    // Native and WebAssembly files have to stay where their packages put them.
    external: ['electron', 'onnxruntime-node', 'sharp', '@img/*'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('url').pathToFileURL(__filename).href;" },
    sourcemap: true,
    logLevel: 'warning',
  });
}

/** Builds unless out/ was made from exactly these sources. Needs node_modules. */
export async function ensureBuild() {
  const wanted = contentHash(inputs);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  say('building');
  rmSync(stampFile, { force: true });
  await Promise.all([buildWindow(), buildNodePrograms()]);
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(stampFile, wanted);
}
