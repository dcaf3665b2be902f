#!/usr/bin/env node
// Checks that imports in src/ follow the architecture's arrows. Exit code 1 names each that does not.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/paths.mjs';
import { violations } from './lib/layers.mjs';

const source = join(root, 'src');
const files = readdirSync(source, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.tsx?$/.test(name) && name.includes('/'));
const found = files.flatMap((file) => violations(file, readFileSync(join(source, file), 'utf8')));
for (const line of found) process.stdout.write(`${line}\n`);
process.stdout.write(`${files.length} files, ${found.length} forbidden imports\n`);
process.exitCode = found.length > 0 ? 1 : 0;
