// A CUDA compiler that the system has already.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCuda } from './native-manifest.mjs';
import { say } from './paths.mjs';
import { run, tail, which } from './process.mjs';

/**
 * @param {string} text what `nvcc --version` prints
 * @returns {[number, number] | undefined} major and minor
 */
export function nvccVersion(text) {
  const match = /release (\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/** @param {[number, number]} version */
export function suits(version, { from, below } = systemCuda) {
  const order = (a, b) => a[0] - b[0] || a[1] - b[1];
  return order(version, from) >= 0 && order(version, below) < 0;
}

/** Where an nvcc may be, in the order in which CMake's users expect it. */
function candidates(env) {
  const named = [env.CUDACXX, env.CUDA_HOME && join(env.CUDA_HOME, 'bin', 'nvcc')];
  const usual = [which('nvcc'), '/usr/local/cuda/bin/nvcc', '/opt/cuda/bin/nvcc'];
  return [...new Set([...named, ...usual].filter((path) => path && existsSync(path)))];
}

/** Whether it compiles and links: some systems have nvcc without its headers, or a g++ that it does not take. */
async function works(nvcc) {
  const folder = mkdtempSync(join(tmpdir(), 'maskforge-nvcc-'));
  try {
    const source = join(folder, 'try.cu');
    writeFileSync(source, '#include <cuda_fp16.h>\n__global__ void k(__half* x) { *x = __half(1); }\nint main() {}\n');
    const options = ['-std=c++17', '-arch=sm_90', '-cudart=static', source, '-o', join(folder, 'try')];
    const outcome = await run(nvcc, options, { timeoutMs: 120_000 });
    if (outcome.code !== 0) say(`${nvcc} does not compile, taking packages in its place:\n${tail(outcome, 4)}`);
    return outcome.code === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {Promise<string | undefined>} a system nvcc that suits */
export async function findSystemNvcc(env = process.env) {
  for (const nvcc of candidates(env)) {
    const { stdout } = await run(nvcc, ['--version']);
    const version = nvccVersion(stdout);
    if (version && suits(version) && (await works(nvcc))) return nvcc;
  }
  return undefined;
}
