// Builds native/ into native/build: through cmake-js, or through cmake alone.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { contentHash } from './build.mjs';
import { ensureCuda, ensureHeaders, unsupportedReason } from './native-fetch.mjs';
import { root, say } from './paths.mjs';
import { run, tail } from './process.mjs';
import { MissingToolError, debianPackages, ensureProgram, installPackages, remedy } from './system.mjs';

/** Where everything that runs ends up: the addon, backends and plugins. */
export const buildFolder = join(root, 'native', 'build');
export const libraryFolder = join(buildFolder, 'lib');
export const addonFile = join(libraryFolder, 'maskforge.node');

/** Machine code for every generation that CUDA 13 knows and NVIDIA's cards bear, and PTX for those to come. */
const allArchitectures = '75-real;80-real;86-real;89-real;90-real;120';
/** What tests without a GPU need: that it compiles. */
const quickArchitectures = '90';

/** Too old a cmake knows neither CUDA's newest generation by number nor reports for JUnit. */
const cmakeFrom = [3, 21];

/** @param {string} build @returns {Record<string, string>} what cmake was told, empty before the first time */
function cmakeCache(build) {
  const file = join(build, 'CMakeCache.txt');
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').matchAll(/^([A-Z]\w+):\w+=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

/** g++, cmake and ninja. @returns {Promise<string | undefined>} what is missing and how to get it */
export async function missingCompilers() {
  const packages = { 'g++': 'g++', cmake: 'cmake', ninja: 'ninja-build' };
  const missing = [];
  for (const [program, name] of Object.entries(packages)) {
    if (!(await ensureProgram(program, [name], program))) missing.push(program);
  }
  if (missing.length > 0) return `no ${missing.join(', no ')}; ${remedy(debianPackages.compilers)}`;
  const { stdout } = await run('cmake', ['--version']);
  const [, major, minor] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major > cmakeFrom[0] || (major === cmakeFrom[0] && minor >= cmakeFrom[1])) return undefined;
  return `cmake ${major}.${minor} is too old, ${cmakeFrom.join('.')} is needed; python3 -m pip install --user cmake`;
}

/** GoogleTest's headers and libraries. @returns {Promise<string | undefined>} what is missing and how to get it */
export async function missingGoogleTest() {
  const found = () => existsSync('/usr/include/gtest/gtest.h') || Boolean(process.env.GTEST_ROOT);
  if (!found()) await installPackages(debianPackages.googleTest, 'GoogleTest');
  return found() ? undefined : `no GoogleTest; ${remedy(debianPackages.googleTest)}, or name it in GTEST_ROOT`;
}

/** The library that decodes the JPEGs of a batch; where it cannot be had, tests of it are left out. */
export async function ensureTurboJpeg() {
  const { stdout } = await run('ldconfig', ['-p']);
  if (!stdout.includes('libturbojpeg.so.0')) await installPackages(debianPackages.jpeg, 'libjpeg-turbo');
}

/** What cmake is told. */
async function definitions({ quick, tests, strict }, build) {
  const headers = await ensureHeaders();
  const { nvcc } = await ensureCuda();
  // A complete build stays complete: tests do not take away what a user has built to run.
  const complete = cmakeCache(build).MASKFORGE_CUDA_ARCHITECTURES === allArchitectures;
  return {
    CMAKE_CUDA_COMPILER: nvcc,
    MASKFORGE_TENSORRT10_INCLUDE: headers.tensorrt10,
    MASKFORGE_TENSORRT11_INCLUDE: headers.tensorrt11,
    MASKFORGE_RTX_INCLUDE: headers.rtx,
    MASKFORGE_CUDA_ARCHITECTURES: quick && !complete ? quickArchitectures : allArchitectures,
    MASKFORGE_TESTS: tests ? 'ON' : 'OFF',
    MASKFORGE_WARNINGS_AS_ERRORS: strict ? 'ON' : 'OFF',
  };
}

/** Folders of node_modules with node_api.h and napi.h, for a build without cmake-js. */
function nodeApiInclude() {
  const modules = join(root, 'node_modules');
  return [join(modules, 'node-api-headers', 'include'), join(modules, 'node-addon-api')].join(';');
}

/** cmake refuses another compiler in a folder that it has configured, and guesses wrong with other sources. */
function forgetForeign(build, wanted) {
  const cache = cmakeCache(build);
  const source = join(root, 'native');
  const foreign = cache.CMAKE_CUDA_COMPILER !== undefined && cache.CMAKE_CUDA_COMPILER !== wanted.CMAKE_CUDA_COMPILER;
  const moved = cache.CMAKE_HOME_DIRECTORY !== undefined && cache.CMAKE_HOME_DIRECTORY !== source;
  const generator = cache.CMAKE_GENERATOR !== undefined && cache.CMAKE_GENERATOR !== 'Ninja';
  if (foreign || moved || generator) rmSync(build, { recursive: true, force: true });
}

/** @param {string[]} command @param {string} what @param {boolean} show */
async function step([program, ...args], what, show) {
  const outcome = await run(program, args, { cwd: root, show });
  if (outcome.code !== 0) throw new Error(`${what} failed${show ? '' : `:\n${tail(outcome, 40)}`}`);
}

/** Configures and builds. @param {'cmake-js' | 'cmake'} tool @param {string | undefined} target all by default */
async function compile(tool, build, wanted, target, show) {
  const source = join(root, 'native');
  const settings = Object.entries(wanted);
  const jobs = String(availableParallelism());
  const only = target === undefined ? [] : ['--target', target];
  if (tool === 'cmake') {
    const told = [...settings, ['MASKFORGE_NODE_API_INCLUDE', nodeApiInclude()]];
    const options = told.map(([name, value]) => `-D${name}=${value}`);
    await step(['cmake', '-G', 'Ninja', '-S', source, '-B', build, ...options], 'cmake', show);
    await step(['cmake', '--build', build, '--parallel', jobs, ...only], 'compiling native/', show);
    return;
  }
  const cli = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
  const common = ['--directory', source, '--out', build, '--generator', 'Ninja', '--log-level', 'error'];
  const options = settings.map(([name, value]) => `--CD${name}=${value}`);
  await step([process.execPath, cli, 'configure', ...common, ...options], 'cmake-js configure', show);
  await step([process.execPath, cli, 'build', ...common, '--parallel', jobs, ...only], 'compiling native/', show);
}

/** What a build depends on. Tests are part of it. */
function inputHash() {
  const inside = readdirSync(join(root, 'native')).filter((name) => name !== 'build' && !name.startsWith('.'));
  // package.json: the addon bears its version.
  const paths = [...inside.map((name) => `native/${name}`), 'plugins', 'package.json', 'scripts/lib/native-build.mjs'];
  return contentHash(paths, root, { tests: true });
}

/**
 * @typedef {{ quick?: boolean, tests?: boolean, strict?: boolean, tool?: 'cmake-js' | 'cmake', build?: string, target?: string, show?: boolean }} NativeOptions
 *   `quick`: machine code for one generation only, unless there is a complete build already; `tests`: the C++ tests as
 *   well; `strict`: our own warnings are errors; `target`: builds only that; `show`: the compiler's output goes to this
 *   terminal
 */

/**
 * Builds unless native/build was made from exactly these sources with these settings.
 * @param {NativeOptions} [options]
 * @returns {Promise<{ missing: string } | { built: boolean }>}
 */
export async function ensureNative(options = {}) {
  try {
    return await buildUnlessCurrent(options);
  } catch (error) {
    if (error instanceof MissingToolError) return { missing: error.message };
    throw error;
  }
}

/** @param {NativeOptions} options */
async function buildUnlessCurrent(options) {
  const {
    quick = false,
    tests = false,
    strict = false,
    tool = 'cmake-js',
    build = buildFolder,
    target,
    show,
  } = options;
  const missing = unsupportedReason() ?? (await missingCompilers()) ?? (tests ? await missingGoogleTest() : undefined);
  if (missing) return { missing };
  const wanted = await definitions({ quick, tests, strict }, build);
  const stampFile = join(build, '.built-from');
  const stamp = JSON.stringify({ inputs: inputHash(), tool, target, wanted });
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { built: false };
  say(`building the native half for compute capabilities ${wanted.MASKFORGE_CUDA_ARCHITECTURES.replaceAll(';', ', ')}`);
  forgetForeign(build, wanted);
  rmSync(stampFile, { force: true });
  mkdirSync(build, { recursive: true });
  await compile(tool, build, wanted, target, show);
  writeFileSync(stampFile, stamp);
  return { built: true };
}
