// Fetches what the native half is built from and run with: headers (cargo), CUDA's compiler and TensorRT for RTX (pip),
// TensorRT 10 (Maven). Linux x64 only: the packages and checksums are those of that platform.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findSystemNvcc } from './cuda-system.mjs';
import { checkSum, ensurePart } from './native-cache.mjs';
import { cudaWheels, headerCrates, mavenCopyGoal, rtxWheels, tensorrtJar } from './native-manifest.mjs';
import { say } from './paths.mjs';
import { run, tail } from './process.mjs';
import {
  MissingToolError,
  debianPackages,
  ensureCargo,
  ensureProgram,
  ensurePython,
  onDemandPackages,
  remedy,
} from './system.mjs';

/** @returns {string | undefined} why this machine cannot build the native half at all */
export function unsupportedReason(platform = process.platform, arch = process.arch) {
  if (platform === 'linux' && arch === 'x64') return undefined;
  return `the native half is built on Linux x64, this is ${platform} ${arch}; everything else works without it`;
}

/** Debian 12 needs its second package, any other the first. */
function cargoRemedy() {
  return `${remedy(['cargo'])} (on Debian 12 cargo-web), or install Rust with rustup`;
}

/** @param {{ name: string, version: string }} crate @returns {string | undefined} the package as cargo keeps it */
function fetchedCrate({ name, version }) {
  const cache = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'cache');
  if (!existsSync(cache)) return undefined;
  const files = readdirSync(cache).map((registry) => join(cache, registry, `${name}-${version}.crate`));
  return files.find((file) => existsSync(file));
}

/**
 * The package's file in cargo's own store, fetched through a project made for the purpose. Its dependencies come along;
 * none is compiled or run, and only this file is used, after its checksum was compared.
 * @param {{ name: string, version: string }} crate
 */
async function fetchCrate(crate) {
  const found = fetchedCrate(crate);
  if (found) return found;
  const cargo = await ensureCargo();
  if (!cargo) throw new MissingToolError(`no cargo 1.70 or newer, which fetches TensorRT’s headers; ${cargoRemedy()}`);
  say(`fetching ${crate.name} ${crate.version}`);
  const project = mkdtempSync(join(tmpdir(), 'maskforge-headers-'));
  try {
    mkdirSync(join(project, 'src'));
    writeFileSync(join(project, 'src', 'lib.rs'), '');
    const manifest = ['[package]', 'name = "headers"', 'version = "0.0.0"', 'edition = "2021"', '[dependencies]'];
    const exact = crate.version.replace(/\+.*/, '');
    writeFileSync(join(project, 'Cargo.toml'), [...manifest, `${crate.name} = "=${exact}"`, ''].join('\n'));
    const outcome = await run(cargo, ['fetch', '--quiet'], { cwd: project, timeoutMs: 600_000 });
    // An old cargo may fail at one of the dependencies after it fetched what is needed.
    const fetched = fetchedCrate(crate);
    if (!fetched) throw new Error(`cargo fetch of ${crate.name} ${crate.version} failed:\n${tail(outcome)}`);
    return fetched;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/**
 * TensorRT's headers: TensorRT 10.16, 11.4 and TensorRT for RTX 1.7.
 * @returns {Promise<{ tensorrt10: string, tensorrt11: string, rtx: string }>} folders with NvInfer.h
 */
export async function ensureHeaders() {
  const names = headerCrates.flatMap((crate) => Object.keys(crate.folders));
  const proof = names.flatMap((name) => [`${name}/NvInfer.h`, `${name}/NvInferVersion.h`, `${name}/NvOnnxParser.h`]);
  const folder = await ensurePart('headers', headerCrates, proof, async (made) => {
    for (const crate of headerCrates) {
      const file = await fetchCrate(crate);
      await checkSum(file, crate.sha256);
      for (const [name, path] of Object.entries(crate.folders)) await unpackFolder(crate, file, path, join(made, name));
    }
  });
  return { tensorrt10: join(folder, 'tensorrt10'), tensorrt11: join(folder, 'tensorrt11'), rtx: join(folder, 'rtx') };
}

/** Copies one folder out of a package. */
async function unpackFolder({ name, version }, file, path, target) {
  mkdirSync(target);
  const member = `${name}-${version}/${path}`;
  const strip = `--strip-components=${member.split('/').length}`;
  const outcome = await run('tar', ['-xzf', file, '-C', target, strip, member]);
  if (outcome.code !== 0) throw new Error(`cannot unpack ${file}:\n${tail(outcome)}`);
}

/**
 * Installs wheels side by side into an empty folder; pip refuses one whose checksum differs.
 * @param {{ requirement: string, sha256: string }[]} wheels the first brings the licence
 * @param {string} folder
 * @param {string} words what is fetched and under which licence
 * @param {string} place where it will lie
 */
async function unpackWheels(wheels, folder, words, place) {
  const python = await ensurePython(['pip']);
  if (!python) throw new MissingToolError(`no Python 3 with pip; ${remedy(debianPackages.python)}`);
  const [name, version] = wheels[0].requirement.replaceAll('-', '_').split('==');
  say(`${words} (${join(place, `${name}-${version}.dist-info`, 'licenses')})`);
  const requirements = join(dirname(folder), 'requirements.txt');
  const lines = wheels.map(({ requirement, sha256 }) => `${requirement} --hash=sha256:${sha256}\n`);
  writeFileSync(requirements, lines.join(''));
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  const strict = ['--no-compile', '--only-binary=:all:', '--require-hashes', '--target', folder, '-r', requirements];
  const outcome = await run(python, [...pip, ...strict], { timeoutMs: 1_800_000 });
  if (outcome.code === 0) return;
  const names = wheels.map(({ requirement }) => requirement).join(', ');
  throw new Error(`pip install ${names} failed:\n${tail(outcome)}`);
}

/**
 * A CUDA compiler: the system's where it suits, else CUDA 13.0 from the Python package index.
 * @param {{ allowSystem?: boolean }} [options]
 * @returns {Promise<{ nvcc: string, source: 'system' | 'packages' }>}
 */
export async function ensureCuda({ allowSystem = true } = {}) {
  const system = allowSystem ? await findSystemNvcc() : undefined;
  if (system) return { nvcc: system, source: 'system' };
  const toolkit = join('nvidia', 'cu13');
  const proof = ['bin/nvcc', 'bin/ptxas', 'nvvm/bin/cicc', 'include/cuda_runtime.h', 'include/crt', 'lib64'];
  proof.push('include/cccl', 'lib/libcudart_static.a');
  const contents = { cudaWheels, recipe: 1 };
  const folder = await ensurePart(
    'cuda',
    contents,
    proof.map((file) => join(toolkit, file)),
    async (made, place) => {
      await unpackWheels(
        cudaWheels,
        made,
        'fetching CUDA 13.0’s compiler (104 MB); whoever uses it accepts NVIDIA’s CUDA Toolkit licence',
        place,
      );
      // nvcc's own settings name lib64, the packages bring lib.
      symlinkSync('lib', join(made, toolkit, 'lib64'));
    },
  );
  return { nvcc: join(folder, toolkit, 'bin', 'nvcc'), source: 'packages' };
}

/** TensorRT for RTX. @returns {Promise<string>} the folder with libtensorrt_rtx.so.1 and its ONNX parser */
export async function ensureRtx() {
  const inner = 'tensorrt_rtx_libs';
  const proof = [join(inner, 'libtensorrt_rtx.so.1'), join(inner, 'libtensorrt_onnxparser_rtx.so.1')];
  const folder = await ensurePart('rtx', rtxWheels, proof, async (made, place) => {
    await unpackWheels(
      rtxWheels,
      made,
      'fetching TensorRT for RTX (95 MB); whoever uses it accepts NVIDIA’s TensorRT for RTX licence',
      place,
    );
  });
  return join(folder, inner);
}

/** Python's zipfile: unlike unzip it is where pip is, and it takes archives beyond 4 GB. */
const unpackMembers = `
import os, shutil, sys, zipfile
jar, target, folder, *names = sys.argv[1:]
with zipfile.ZipFile(jar) as archive:
    for name in names:
        with archive.open(folder + '/' + name) as stream, open(os.path.join(target, name), 'wb') as out:
            shutil.copyfileobj(stream, out, 1 << 20)
`;

/** TensorRT 10.6. @returns {Promise<string>} the folder with libnvinfer.so.10, builder resource and ONNX parser */
export async function ensureTensorrt() {
  const { artifact, file, sha256, folder, libraries } = tensorrtJar;
  return ensurePart('tensorrt', tensorrtJar, libraries, async (made) => {
    const maven = await ensureProgram('mvn', onDemandPackages.maven, 'Maven');
    if (!maven)
      throw new MissingToolError(`no Maven (mvn), which fetches TensorRT 10.6; ${remedy(onDemandPackages.maven)}`);
    const python = await ensurePython(['zipfile']);
    if (!python) throw new MissingToolError(`no Python 3; ${remedy(debianPackages.python)}`);
    say(
      'fetching TensorRT 10.6 (1.1 GB, kept in Maven’s own store too); whoever uses it accepts NVIDIA’s TensorRT licence',
    );
    const download = dirname(made);
    const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${download}`];
    const outcome = await run(maven, ['-q', '-B', mavenCopyGoal, ...options], { cwd: download, timeoutMs: 3_600_000 });
    const jar = join(download, file);
    if (outcome.code !== 0 || !existsSync(jar)) throw new Error(`fetching ${artifact} failed:\n${tail(outcome)}`);
    await checkSum(jar, sha256);
    const unpacked = await run(python, ['-c', unpackMembers, jar, made, folder, ...libraries]);
    if (unpacked.code !== 0) throw new Error(`cannot unpack ${jar}:\n${tail(unpacked)}`);
  });
}
