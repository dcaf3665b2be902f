import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'scripts/**/*.test.mjs', 'bench/**/*.test.ts'],
    // These need the built addon: vitest.native.config.mts.
    exclude: [...configDefaults.exclude, '**/*.native.test.ts'],
    testTimeout: 30_000,
    // Vitest itself leaves one processor idle, which of two is half of the machine.
    maxWorkers: availableParallelism(),
  },
});
