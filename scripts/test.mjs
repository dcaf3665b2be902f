#!/usr/bin/env node
// npm test: installs what is missing and runs every test. `npm test -- types unit` runs only these parts.
// Where a part cannot run, it says why and how to get what is missing; with CI=true that is a failure.
import { performance } from 'node:perf_hooks';
import { ensurePackages } from './lib/packages.mjs';
import { root, say } from './lib/paths.mjs';
import { sum } from './lib/tally.mjs';
import { parts } from './lib/test-parts.mjs';

const strict = process.env.CI === 'true' || process.env.CI === '1';

/** @param {string} name @returns {Promise<import('./lib/tally.mjs').Tally & { note: string }>} */
async function runPart(name) {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  const result = await parts[name]().catch((error) => {
    say(`${name}: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (!('missing' in result)) return { ...result, note: seconds };
  say(`${name} cannot run here: ${result.missing}`);
  return { passed: 0, failed: strict ? 1 : 0, skipped: strict ? 0 : 1, note: `could not run: ${result.missing}` };
}

/** @param {string[]} names @returns {Promise<boolean>} whether nothing failed */
async function main(names) {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`no part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  await ensurePackages();
  const rows = [];
  for (const name of names.length > 0 ? names : Object.keys(parts)) rows.push({ name, ...(await runPart(name)) });
  process.stdout.write('\n');
  for (const { name, passed, failed, skipped, note } of rows) {
    const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.stdout.write(`${name.padEnd(13)} ${counts} (${note})\n`);
  }
  // Last, because the end of a log is what is seen of it.
  for (const { name, failures = [] } of rows)
    for (const failure of failures) process.stdout.write(`failed in ${name}: ${failure.replace(`${root}/`, '')}\n`);
  const total = sum(rows);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  say(error.message);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
