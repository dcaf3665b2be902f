import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { poolThreads, withThreadPool } from './thread-pool';

describe('threads of the pool', () => {
  it.each([
    [1, 4],
    [4, 4],
    [12, 12],
    [128, 16],
  ])('%i cores: %i', (cores, threads) => expect(poolThreads(cores)).toBe(threads));

  it('leaves a size that was chosen', () => {
    expect(withThreadPool({ UV_THREADPOOL_SIZE: '7', A: 'b' })).toEqual({ UV_THREADPOOL_SIZE: '7', A: 'b' });
    expect(withThreadPool({ A: 'b' })).toEqual({ UV_THREADPOOL_SIZE: String(poolThreads()), A: 'b' });
  });

  it.skipIf(process.platform !== 'linux')('takes effect on a process that has not used the pool yet', () => {
    const { outputFiles } = buildSync({
      entryPoints: [join(__dirname, 'thread-pool.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      write: false,
    });
    const program = `
      const { readdirSync, stat } = require('node:fs');
      require('node:os').cpus = () => new Array(9).fill({});
      ${outputFiles[0]?.text ?? ''}
      module.exports.sizeThreadPool();
      const threads = () => readdirSync('/proc/self/task').length;
      const before = threads();
      stat('/', () => console.log(threads() - before));`;
    const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
    const file = join(mkdtempSync(join(tmpdir(), 'thread-pool-')), 'program.cjs');
    writeFileSync(file, program);
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8', env }).trim()).toBe('9');
    rmSync(dirname(file), { recursive: true });
  });
});
