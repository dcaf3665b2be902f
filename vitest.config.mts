import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { longestFirst } from './scripts/lib/longest-first.mjs';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.mjs', 'bench/**/*.test.ts'],
    // These need the built addon: vitest.native.config.mts.
    exclude: [...configDefaults.exclude, '**/*.native.test.ts'],
    testTimeout: 30_000,
    sequence: {
      sequencer: longestFirst([/sample-model\.test/, /engines\.test/, /quantized-build\.test/, /cli\/video\.test/]),
    },
    // Vitest itself leaves one processor idle, which of two is half of the machine.
    maxWorkers: availableParallelism(),
  },
});
