#!/usr/bin/env node
// npm run bench -- NAME [options]: builds bench/NAME.ts and runs it. Results go to bench/results/ and to standard output.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildBench } from './lib/bench-build.mjs';
import { ensureBuild } from './lib/build.mjs';
import { ensureElectron } from './lib/electron.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { cacheFolder, root, say } from './lib/paths.mjs';
import { run } from './lib/process.mjs';

const [name = '', ...options] = process.argv.slice(2);
const source = join(root, 'bench', `${name}.ts`);

if (!/^[a-z-]+$/.test(name) || !existsSync(source)) {
  const known = readdirSync(join(root, 'bench'))
    .filter(
      (file) =>
        file.endsWith('.ts') &&
        readFileSync(join(root, 'bench', file), 'utf8').includes(`npm run bench -- ${file.slice(0, -3)}`),
    )
    .map((file) => file.replace(/\.ts$/, ''));
  say(`usage: npm run bench -- ${known.join('|')}`);
  process.exitCode = 2;
} else {
  await ensurePackages();
  const env = { ...process.env, BENCH_CACHE: cacheFolder() };
  // The network runs in its worker thread there, as it does in the program.
  if (['batch', 'pipeline'].includes(name)) await ensureBuild();
  if (['window', 'video', 'soak', 'wizard'].includes(name)) {
    await ensureBuild();
    const electron = await ensureElectron();
    if ('reason' in electron) throw new Error(electron.reason);
    env.BENCH_ELECTRON = electron.executable;
  }
  const outfile = await buildBench(name);
  const { code } = await run(process.execPath, ['--expose-gc', outfile, ...options], { cwd: root, env, show: true });
  process.exitCode = code ?? 1;
}
