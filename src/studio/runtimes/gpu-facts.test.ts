import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CudaReport } from '../../runtimes/tensorrt/addon';
import { AppError } from '../../shared/app-error';
import type { GpuQuestions } from './gpu-facts';
import { examineGpu } from './gpu-facts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A Linux machine with these files, and this answer of nvidia-smi. */
function machine(files: Readonly<Record<string, string>>, smi: string | null = null): Omit<GpuQuestions, 'probe'> {
  const root = mkdtempSync(join(tmpdir(), 'maskforge-gpu-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return { env: {}, platform: 'linux', root, run: async (command) => (command === 'nvidia-smi' ? smi : null) };
}

const kernel = (version: string): string =>
  `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${version}  Wed Oct  1 00:00:00 UTC 2025\nGCC version: 12\n`;
const bus = (name: string, vendor: string, kind: string): Record<string, string> => ({
  [`sys/bus/pci/devices/${name}/vendor`]: `${vendor}\n`,
  [`sys/bus/pci/devices/${name}/class`]: `${kind}\n`,
});
const card = bus('0000:01:00.0', '0x10de', '0x030000');
const none: CudaReport = { driverLibrary: null, cudaVersion: null, devices: [], reason: 'libcuda.so.1: not found' };

function report(computeCapability: number, cudaVersion = 13_000): CudaReport {
  const device = {
    index: 0,
    name: 'NVIDIA H200',
    totalMemory: 139 * 2 ** 30,
    freeMemory: 0,
    uuid: 'GPU-0',
    multiprocessors: 132,
  };
  return { driverLibrary: 'libcuda.so.1', cudaVersion, devices: [{ ...device, computeCapability }], reason: '' };
}

describe('examineGpu', () => {
  it.each<[string, () => Omit<GpuQuestions, 'probe'>, CudaReport | null, string, RegExp, RegExp]>([
    ['nothing', () => machine({}), null, 'no-card', /no NVIDIA GPU/, /ONNX Runtime/],
    ['nothing, says the addon too', () => machine({}), none, 'no-card', /no NVIDIA GPU/, /ONNX Runtime/],
    ['another maker’s card', () => machine(bus('0', '0x1002', '0x030000')), null, 'no-card', /no NVIDIA/, /Triton/],
    ['NVIDIA’s sound device', () => machine(bus('0', '0x10de', '0x040300')), null, 'no-card', /no NVIDIA/, /Triton/],
    [
      'a card without driver',
      () => machine(card),
      none,
      'no-driver',
      /an NVIDIA card on the bus, but no driver/,
      /580 or newer.*--gpus all/,
    ],
    [
      'an old driver, by nvidia-smi',
      () => machine(card, 'NVIDIA L4, 550.54.15, 8.9, 23034\n'),
      null,
      'driver-too-old',
      /driver 550\.54\.15/,
      /580/,
    ],
    ['an old driver, by CUDA', () => machine(card), report(89, 12_040), 'driver-too-old', /CUDA 12\.4/, /580/],
    [
      'an old driver without device',
      () => machine({ ...card, 'proc/driver/nvidia/version': kernel('470.82.01') }),
      none,
      'driver-too-old',
      /470\.82\.01, older than 580/,
      /580/,
    ],
    [
      'a driver that sees no device',
      () => machine({ ...card, 'proc/driver/nvidia/version': kernel('580.65.06') }),
      { ...none, driverLibrary: 'libcuda.so.1', cudaVersion: 13_000, reason: 'CUDA_ERROR_NO_DEVICE' },
      'no-device',
      /580\.65\.06, but no device: CUDA_ERROR_NO_DEVICE/,
      /CUDA_VISIBLE_DEVICES/,
    ],
    ['a card that is too old', () => machine(card), report(70), 'unsupported', /compute capability 7\.0/, /Turing/],
    [
      'a card that serves',
      () => machine({ ...card, 'proc/driver/nvidia/version': kernel('580.65.06') }),
      report(90),
      'ready',
      /NVIDIA H200 \(139 GiB, compute capability 9\.0\) · driver 580\.65\.06 · CUDA 13\.0/,
      /^$/,
    ],
    [
      'the same without addon',
      () => machine(card, 'NVIDIA H200, 580.65.06, 9.0, 143771\n'),
      null,
      'ready',
      /NVIDIA H200 \(140 GiB, compute capability 9\.0\)/,
      /^$/,
    ],
  ])('%s', async (_what, questions, cuda, state, found, remedy) => {
    const gpu = await examineGpu({ ...questions(), probe: async () => cuda });
    expect(gpu).toMatchObject({ state, found: expect.stringMatching(found), remedy: expect.stringMatching(remedy) });
    expect(gpu.lookedAt).toContain('nvidia-smi');
  });

  it('a driver that crashes whoever asks', async () => {
    const probe = (): Promise<never> =>
      Promise.reject(new AppError('DRIVER_BROKEN', 'It crashed (SIGSEGV).', { hint: 'Restart.' }));
    expect(await examineGpu({ ...machine(card), probe })).toMatchObject({
      state: 'broken',
      found: 'It crashed (SIGSEGV).',
      remedy: 'Restart.',
    });
  });
});
