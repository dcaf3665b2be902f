#!/usr/bin/env node
// npm test: installs what is missing and runs every test. `npm test -- types unit` runs only these parts.
// Where a part cannot run, it says why and how to get what is missing; with CI=true that is a failure.
import { performance } from 'node:perf_hooks';
import { ensurePackages } from './lib/packages.mjs';
import { root, say } from './lib/paths.mjs';
import { sum } from './lib/tally.mjs';
import { parts } from './lib/test-parts.mjs';

const strict = process.env.CI === 'true' || process.env.CI === '1';

/**
 * @typedef {import('./lib/tally.mjs').Tally & { name: string, note: string }} Row
 * @typedef {() => Promise<import('./lib/test-parts.mjs').Result | import('./lib/test-parts.mjs').Rest>} Work
 */

/** @param {string} name @param {Work} work @returns {Promise<Row | (() => Promise<Row>)>} the rest of it, where it has one */
async function runPart(name, work) {
  const started = performance.now();
  const result = await work().catch((error) => {
    say(`${name}: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  if (typeof result === 'function') return () => runPart(name, result);
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  if (!('missing' in result)) return { name, ...result, note: seconds };
  say(`${name} cannot run here: ${result.missing}`);
  const counts = { passed: 0, failed: strict ? 1 : 0, skipped: strict ? 0 : 1 };
  return { name, ...counts, note: `could not run: ${result.missing}` };
}

/** Parts one after the other, then what is left of them side by side. @param {string[]} names @returns {Promise<Row[]>} */
async function runParts(names) {
  const rows = [];
  for (const name of names) {
    process.stdout.write(`\n== ${name}\n`);
    rows.push(await runPart(name, parts[name]));
  }
  return Promise.all(rows.map((row) => (typeof row === 'function' ? row() : row)));
}

/** @param {string[]} names @returns {Promise<boolean>} whether nothing failed */
async function main(names) {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`no part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  await ensurePackages();
  const rows = await runParts(names.length > 0 ? names : Object.keys(parts));
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
