#!/usr/bin/env node
// npm run build: brings node_modules and out/ up to date.
import { ensureBuild } from './lib/build.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { say } from './lib/paths.mjs';

try {
  await ensurePackages();
  await ensureBuild();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
