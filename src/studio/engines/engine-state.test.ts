import { describe, expect, it } from 'vitest';
import type { Recipe } from '../../shared/domain/engine';
import type { Machine } from './engine-state';
import { deviceFor, foreignReason } from './engine-state';

const h200 = { index: 0, name: 'NVIDIA H200', computeCapability: 90 };
const rtx = { index: 1, name: 'NVIDIA GeForce RTX 4090', computeCapability: 89 };
const machine: Machine = { families: [{ family: 'tensorrt-10', version: '10.6.0' }], devices: [h200] };

function recipe(change: {
  version?: string;
  family?: Recipe['runtime']['family'];
  device?: Recipe['device'];
  builder?: Partial<Recipe['builder']>;
}): Recipe {
  const shape = { batch: 1, height: 64, width: 64 };
  return {
    format: 1,
    model: { sha256: 'a'.repeat(64), weights: [], name: 'net' },
    passes: [],
    shapes: { min: shape, opt: shape, max: shape },
    precision: 'fp32',
    builder: {
      typing: 'strong',
      tf32: false,
      level: null,
      workspaceBytes: null,
      versionCompatible: false,
      hardwareCompatibility: 'none',
      targets: [],
      ...change.builder,
    },
    runtime: { family: change.family ?? 'tensorrt-10', version: change.version ?? '10.6.0' },
    device: change.device ?? { kind: 'gpu', name: h200.name, computeCapability: h200.computeCapability },
  };
}

describe('an engine on this machine', () => {
  const compatible = { versionCompatible: true };
  const ampere: Recipe['device'] = { kind: 'gpu', name: 'NVIDIA A100', computeCapability: 80 };
  const onProcessor = (version: string): Recipe =>
    recipe({ family: 'onnxruntime', version, device: { kind: 'cpu', arch: 'x64' } });
  const processor: Machine = { families: [{ family: 'onnxruntime', version: '1.30.0' }], arch: 'x64', devices: [] };
  it.each<[string, Recipe, Machine, RegExp]>([
    ['of ONNX Runtime needs no GPU', onProcessor('1.30.0'), processor, /^$/],
    ['of ONNX Runtime needs its version', onProcessor('1.29.1'), processor, /ONNX Runtime 1\.29\.1; here is 1\.30\.0/],
    [
      'of ONNX Runtime needs its kind of processor',
      onProcessor('1.30.0'),
      { ...processor, arch: 'arm64' },
      /x64 processors, and this is arm64/,
    ],
    ['runs where it was built', recipe({}), machine, /^$/],
    ['needs its very version', recipe({ version: '10.5.0' }), machine, /10\.5\.0; here is 10\.6\.0/],
    ['needs its patch as well', recipe({ version: '10.6.1' }), machine, /10\.6\.1/],
    [
      'goes by what a file name tells',
      recipe({}),
      { ...machine, families: [{ family: 'tensorrt-10', version: '10' }] },
      /^$/,
    ],
    ['runs on a later minor when compatible', recipe({ version: '10.5.0', builder: compatible }), machine, /^$/],
    ['does not run on an earlier one', recipe({ version: '10.7.0', builder: compatible }), machine, /10\.7\.0/],
    ['does not run on another major', recipe({ version: '9.6.0', builder: compatible }), machine, /9\.6\.0/],
    [
      'needs its family',
      recipe({ family: 'tensorrt-11', version: '11.2.0' }),
      machine,
      /TensorRT 11 11\.2\.0, which is not installed/,
    ],
    ['needs its device', recipe({ device: ampere }), machine, /runs on NVIDIA A100; here is NVIDIA H200/],
    [
      'runs on newer ones when told',
      recipe({ device: ampere, builder: { hardwareCompatibility: 'ampere-plus' } }),
      machine,
      /^$/,
    ],
    [
      'runs on its kind when told',
      recipe({
        device: { kind: 'gpu', name: 'NVIDIA H100', computeCapability: 90 },
        builder: { hardwareCompatibility: 'same-compute-capability' },
      }),
      machine,
      /^$/,
    ],
    ['needs a device at all', recipe({}), { ...machine, devices: [] }, /there is no NVIDIA GPU/],
  ])('%s', (_, of, on, reason) => expect(foreignReason(of, on)?.message ?? '').toMatch(reason));

  it('built ahead of time takes the device that it was built for', () => {
    const both: Machine = { families: [{ family: 'tensorrt-rtx', version: '1.7.1' }], devices: [h200, rtx] };
    const built = recipe({
      family: 'tensorrt-rtx',
      version: '1.7.1',
      device: { kind: 'anywhere' },
      builder: { targets: [89, 120] },
    });
    expect(deviceFor(built, both)).toBe(rtx);
    expect(foreignReason(built, { ...both, devices: [h200] })?.message).toMatch(/sm_89, sm_120; here is NVIDIA H200/);
  });
});
