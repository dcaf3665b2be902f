import { defineConfig } from '@playwright/test';
import type { StudioOptions } from './e2e/fixtures';

// The same specs in both shells. `npm test` names the executables; see scripts/lib/test-parts.mjs.
export default defineConfig<StudioOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  forbidOnly: process.env['CI'] === 'true',
  reporter:
    process.env['REPORT_FILE'] === undefined
      ? [['list']]
      : [['list'], ['json', { outputFile: process.env['REPORT_FILE'] }]],
  // Traces are left out: recording them halves the speed of software rendering.
  use: { screenshot: 'only-on-failure' },
  projects: [
    { name: 'electron', use: { shell: 'electron' } },
    { name: 'chromium', use: { shell: 'chromium' } },
  ],
});
