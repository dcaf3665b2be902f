import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSystemNvcc, nvccVersion, suits } from './cuda-system.mjs';

describe('nvccVersion', () => {
  it.each([
    ['nvcc: NVIDIA (R) Cuda compiler driver\nCuda compilation tools, release 13.0, V13.0.88\n', [13, 0]],
    ['Cuda compilation tools, release 12.8, V12.8.61', [12, 8]],
    ['command not found', undefined],
  ])('%j', (text, expected) => {
    expect(nvccVersion(text)).toEqual(expected);
  });
});

describe('suits', () => {
  it.each([
    [[12, 6], false],
    [[12, 8], true],
    [[13, 0], true],
    [[13, 9], true],
    [[14, 0], false],
    [[11, 9], false],
  ])('%j: %s', (version, expected) => {
    expect(suits(version)).toBe(expected);
  });
});

describe('findSystemNvcc', () => {
  it('leaves out one of the right version that does not compile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'maskforge-nvcc-test-'));
    try {
      const nvcc = join(folder, 'nvcc');
      writeFileSync(nvcc, '#!/bin/sh\n[ "$1" = --version ] && echo "release 13.0, V13.0.88" && exit 0\nexit 1\n');
      chmodSync(nvcc, 0o755);
      expect(await findSystemNvcc({ CUDACXX: nvcc })).not.toBe(nvcc);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
