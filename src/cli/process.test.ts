import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench, repository } from './testing';

/** The program as its own process: signals, pipes and exit codes cannot be told from within. */
const folder = mkdtempSync(join(tmpdir(), 'maskforge-process-'));
const program = join(folder, 'cli.cjs');
const launcher = join(folder, 'launch.cjs');

beforeAll(async () => {
  await build({
    absWorkingDir: repository,
    entryPoints: ['src/cli/index.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['electron', 'onnxruntime-node', 'sharp', '@img/*'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('url').pathToFileURL(__filename).href;" },
    logLevel: 'silent',
  });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(launcher, `require('./cli.cjs').main(${JSON.stringify(repository)})`);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(argv: readonly string[], cwd: string, data: string): Started {
  const child = spawn(process.execPath, [launcher, ...argv], {
    cwd,
    env: { PATH: process.env['PATH'], MASKFORGE_HOME: data },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

async function twentyPictures(): Promise<ReturnType<typeof bench>> {
  const here = bench();
  here.copyModel('channels.onnx', 'net.onnx');
  for (let number = 0; number < 20; number += 1) await here.picture(`in/${number}.png`, 400, 300);
  return here;
}

describe('the maskforge process', () => {
  it('ends with 130 at Ctrl+C, and every file that is there is whole', async () => {
    const here = await twentyPictures();
    const { child, ended } = start(
      ['segment', 'in', '--model', 'net.onnx', '--out', 'm', '--json'],
      here.cwd,
      here.data,
    );
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await ended;
    expect([code, stderr.trim()]).toEqual([130, 'Cancelled.']);
    const files = here.files('m');
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThan(20);
    for (const name of files) expect((await sharp(join(here.cwd, 'm', name)).metadata()).width).toBe(400);
  });

  it('stops without a word when nobody reads its output any more', async () => {
    const here = await twentyPictures();
    const { child, ended } = start(['segment', 'in', '--model', 'net.onnx', '--json'], here.cwd, here.data);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([141, '']);
  });

  it('prints whole lines however long they are, and ends with the code of the run', async () => {
    const here = bench();
    here.copyModel('many-classes.onnx', 'net.onnx');
    await here.picture('a.png');
    const { code, stdout } = await start(['models', 'add', 'net.onnx', 'no.onnx', '--json'], here.cwd, here.data).ended;
    expect(code).toBe(1);
    const [first = '', second = ''] = stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ labels: { length: 300 } });
    expect(JSON.parse(second)).toMatchObject({ error: { code: 'FILE_NOT_FOUND' } });
  });

  it('says what to run when it has not been built, and starts what has been', async () => {
    const root = join(folder, 'installed');
    mkdirSync(join(root, 'bin'), { recursive: true });
    copyFileSync(join(repository, 'bin', 'maskforge.cjs'), join(root, 'bin', 'maskforge.cjs'));
    const launch = (): Promise<{ code: number | null; stdout: string; stderr: string }> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [join(root, 'bin', 'maskforge.cjs'), '--version']);
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', (chunk) => (stdout += String(chunk)));
        child.stderr.on('data', (chunk) => (stderr += String(chunk)));
        child.on('close', (code) => resolve({ code, stdout, stderr }));
      });
    expect(await launch()).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/npm run build/) });
    mkdirSync(join(root, 'out', 'cli'), { recursive: true });
    copyFileSync(program, join(root, 'out', 'cli', 'index.cjs'));
    writeFileSync(join(root, 'package.json'), readFileSync(join(repository, 'package.json')));
    expect(await launch()).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });
});
