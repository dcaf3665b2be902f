import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elf, put, putAll, putOwn, rtx17, tensorRt106 } from '../runtimes/tensorrt/find-libraries-testing';
import type { Bench } from './testing';
import { bench } from './testing';

/** No Python, no loader cache and no nvidia-smi of the machine that runs the tests. */
const bare = { PATH: '/nowhere' };

/** An addon whose library for RTX opens and whose library for TensorRT 10 aborts the process. */
function standIn(here: Bench): string {
  putOwn(join(here.cwd, 'native'));
  return put(
    join(here.cwd, 'native/maskforge.cjs'),
    `module.exports = {
      version: '1',
      probeCuda: async () => ({ driverLibrary: null, cudaVersion: null, devices: [], reason: 'no driver' }),
      openLibrary: async ({ family }) => {
        if (family === 'tensorrt-10') process.abort();
        return { version: '1.7.1', buildsWithoutDevice: true };
      },
    };`,
  );
}

describe('maskforge runtimes list', () => {
  it('lists ONNX Runtime, the card and what can be installed where nothing is', async () => {
    const here = bench();
    const { code, stdout, stderr } = await here.run(['runtimes'], { env: bare });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^RUNTIME +VERSION +USABLE +WHERE\nONNX Runtime +[\d.]+ +yes, in use +built in/);
    expect(stdout).toMatch(/maskforge runtimes install rtx +TensorRT for RTX 1\.7\.1\.116, 95\.2 MB to fetch/);
    expect(stdout).toMatch(/8\.0, 8\.6, 8\.9 and 12\.x\. Not for 7\.5/);
    expect(stderr).toMatch(/--verbose/);
  });

  it('names every place and what was there', async () => {
    const here = bench();
    const folder = join(here.cwd, 'trt');
    putAll(folder, tensorRt106.slice(1));
    put(join(folder, 'libnvinfer.so.10'), elf({ segment: 9000 }));
    const env = { ...bare, TRT_LIBPATH: folder };
    const { stdout } = await here.run(['runtimes', 'list', '--verbose'], { env });
    expect(stdout).toContain('  MASKFORGE_TENSORRT: not set\n');
    expect(stdout).toContain(`  TRT_LIBPATH: ${folder}: nothing\n    ${folder}/libnvinfer.so.10 is cut off`);
  });

  it('opens what it found in another process, and says what broke', async () => {
    const here = bench();
    putAll(join(here.cwd, 'rtx'), rtx17);
    putAll(join(here.cwd, 'trt'), tensorRt106);
    const env = { ...bare, MASKFORGE_ADDON: standIn(here), MASKFORGE_TENSORRT: `${here.cwd}/trt:${here.cwd}/rtx` };
    const [library] = (await here.run(['runtimes', 'list', '--json'], { env })).json();
    // Named places come first; the machine that runs the tests may have a TensorRT of its own.
    const all = library?.['found'];
    const found = Array.isArray(all) ? all.slice(0, 2) : [];
    expect({ ...library, found }).toMatchObject({
      found: [
        {
          family: 'tensorrt-10',
          state: 'broken',
          chosen: false,
          problems: [expect.stringMatching(/SIGABRT.*LIBRARY_BROKEN/), expect.any(String)],
        },
        { family: 'tensorrt-rtx', state: 'builds-only', chosen: true, version: '1.7.1', problems: [] },
      ],
      gpu: { state: expect.stringMatching(/no-/) },
    });
    const doctor = (await here.run(['doctor', '--json'], { env })).json();
    const states = Object.fromEntries(doctor.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({
      addon: 'ok',
      plugins: 'ok',
      'tensorrt-10': 'warning',
      'tensorrt-11': 'missing',
      'tensorrt-rtx': 'ok',
    });
    expect(doctor.find(({ id }) => id === 'tensorrt-11')).toMatchObject({
      remedy: 'Not needed: TensorRT for RTX 1.7.1 is in use.',
      lookedAt: expect.arrayContaining([expect.stringContaining('MASKFORGE_TENSORRT')]),
    });
  });
});

describe('maskforge runtimes use', () => {
  it('keeps a family, a folder, and lets go of both', async () => {
    const here = bench();
    putAll(join(here.cwd, 'mine'), rtx17);
    const env = { ...bare, MASKFORGE_ADDON: standIn(here) };
    expect(await here.run(['runtimes', 'use', './mine'], { env })).toMatchObject({
      code: 0,
      stdout: `TensorRT for RTX 1.7.1 in ${here.cwd}/mine is used.\n`,
    });
    await here.run(['runtimes', 'use', 'tensorrt-rtx'], { env });
    const choice = async (): Promise<unknown> =>
      (await here.run(['runtimes', '--json'], { env })).json()[0]?.['choice'];
    expect(await choice()).toEqual({ directory: join(here.cwd, 'mine'), family: 'tensorrt-rtx' });
    await here.run(['runtimes', 'use', 'auto'], { env });
    expect(await choice()).toEqual({ directory: '', family: null });
  });
});

describe('maskforge runtimes install', () => {
  it.each([
    [['rtx'], /--accept-licence/],
    [['rtx', '--version', 'latest', '--accept-licence'], /RUNTIME_VERSION_INVALID/],
    [['cuda'], /rtx, tensorrt/],
    [[], /missing required argument/],
  ])('ends with 2 for %j', async (args, words) => {
    const { code, stderr } = await bench().run(['runtimes', 'install', ...args], { env: bare });
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
  });

  it('asks on a terminal', async () => {
    const options = { env: bare, tty: true, stdin: Buffer.from('n\n') };
    const { code, stderr } = await bench().run(['runtimes', 'install', 'rtx'], options);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/NVIDIA Software License Agreement[^]*sla\.html/)]);
  });

  it('says what is missing without Python', async () => {
    const { code, stderr } = await bench().run(['runtimes', 'install', 'rtx', '--accept-licence'], { env: bare });
    expect([code, stderr]).toEqual([1, expect.stringContaining('[PYTHON_MISSING]')]);
  });

  it('installs, lists and removes', async () => {
    const here = bench();
    const env = { ...bare, MASKFORGE_PYTHON: fakePython(here) };
    const installed = await here.run(['runtimes', 'install', 'rtx', '--accept-licence', '--json'], { env });
    expect(installed.json().at(-1)).toMatchObject({ event: 'done', runtime: { installedAs: 'rtx-1.7.1.116' } });
    expect(installed.json()).toContainEqual(expect.objectContaining({ event: 'progress', phase: 'downloading' }));
    expect((await here.run(['runtimes'], { env })).stdout).toMatch(/TensorRT for RTX .*installed as rtx-1\.7\.1\.116/);
    expect(await here.run(['runtimes', 'remove', 'rtx-1.7.1.116'], { env })).toMatchObject({ code: 0 });
    expect((await here.run(['runtimes', 'remove', 'rtx-1.7.1.116'], { env })).stderr).toContain(
      '[RUNTIME_NOT_INSTALLED]',
    );
  });
});

/** A pip that knows one wheel. */
function fakePython(here: Bench): string {
  const libraries = putAll(join(here.cwd, 'wheel'), rtx17);
  const file = join(here.cwd, 'bin/python3');
  mkdirSync(join(here.cwd, 'bin'));
  writeFileSync(
    file,
    `#!${process.execPath}
const { cpSync, writeFileSync } = require('fs');
const args = process.argv.slice(2);
const after = (name) => args[args.indexOf(name) + 1];
// Progress is told ten times a second at most.
if (args.includes('download')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
if (args.includes('download')) writeFileSync(after('-d') + '/rtx.whl', '');
if (args.includes('install')) cpSync(${JSON.stringify(libraries)}, after('--target') + '/tensorrt_rtx_libs', { recursive: true });
`,
  );
  chmodSync(file, 0o755);
  return file;
}
