import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { compileKernel, kernels } from './generate-kernels.mjs';

it.each(Object.entries(kernels))('the compiled form of kernels/%s is up to date', async (source, target) => {
  expect(await readFile(target, 'utf8')).toBe(await compileKernel(source));
});
