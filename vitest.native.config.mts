import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { longestFirst } from './scripts/lib/longest-first.mjs';

// Tests that need the built addon and TensorRT's libraries: `npm test -- native` builds, names both and runs them.
export default defineConfig({
  test: {
    include: ['src/**/*.native.test.ts'],
    // A build of a whole network takes seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file in a process of its own: a fault in native code fails that file alone.
    pool: 'forks',
    sequence: { sequencer: longestFirst([/build-original/, /build-transformers/, /quantized/]) },
    // Vitest itself leaves one processor idle, which of two is half of the machine.
    maxWorkers: availableParallelism(),
    isolate: true,
  },
});
