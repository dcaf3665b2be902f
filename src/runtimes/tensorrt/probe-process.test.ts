import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FoundFamily } from './find-libraries';
import { findTensorRt } from './find-libraries';
import { put, putAll, putOwn, rtx17, temporaryFolder, tensorRt106 } from './find-libraries-testing';
import { findAddon, loadAddon } from './load-addon';
import { firstWorking, probeDriver, probeLibrary } from './probe-process';

/** A stand-in for the addon: what `openLibrary` and `probeCuda` do is told by the test. */
function standIn(openLibrary: string, probeCuda = 'return {}'): string {
  const folder = temporaryFolder();
  const code = `module.exports = { version: '1', probeCuda: async () => { ${probeCuda} }, openLibrary: async (paths) => { ${openLibrary} } }`;
  return put(join(folder, 'maskforge.node.js'), code);
}

async function families(): Promise<{ search: Awaited<ReturnType<typeof findTensorRt>>; first: FoundFamily }> {
  const root = temporaryFolder();
  putAll(join(root, 'data/runtimes/a/tensorrt_rtx_libs'), rtx17);
  putAll(join(root, 'opt/tensorrt'), tensorRt106);
  const search = await findTensorRt({
    dataDirectory: join(root, 'data'),
    env: {},
    platform: 'linux',
    arch: 'x64',
    root,
    run: async () => null,
    ownFolders: [putOwn(join(root, 'own'))],
  });
  const [first] = search.ranked;
  if (first === undefined) throw new Error('The fixture has no family.');
  return { search, first };
}

describe('probeLibrary', () => {
  it('answers with what the library says, whatever it prints meanwhile', async () => {
    const { first } = await families();
    const addon = standIn(`
      console.log('{"ok":false}');
      return { version: paths.family + ' ' + paths.runtime.split('/').pop(), buildsWithoutDevice: true, handle: () => 0 };`);
    expect(await probeLibrary(first, { addon })).toEqual({
      version: 'tensorrt-rtx libtensorrt_rtx.so.1',
      buildsWithoutDevice: true,
    });
  });

  it.each([
    ['aborts', 'process.abort()', 'LIBRARY_BROKEN', /crashed the process \(SIGABRT\)/],
    [
      'ends the process',
      "process.stderr.write('no licence\\n'); process.exit(7)",
      'LIBRARY_BROKEN',
      /code 7\. no licence/,
    ],
    [
      'kills it',
      "process.kill(process.pid, 'SIGKILL'); await new Promise(() => setInterval(() => 0, 1e3))",
      'LIBRARY_BROKEN',
      /SIGKILL/,
    ],
    [
      'fails',
      "throw new Error('libcudart.so.13: cannot open shared object file')",
      'LIBRARY_BROKEN',
      /libcudart\.so\.13: cannot open/,
    ],
    [
      'fails with a code',
      "throw Object.assign(new Error('other API'), { code: 'LIBRARY_FOREIGN' })",
      'LIBRARY_FOREIGN',
      /other API/,
    ],
    ['answers nonsense', 'return {}', 'LIBRARY_BROKEN', /code 0/],
  ])('survives a library that %s', async (_what, code, errorCode, words) => {
    const { first } = await families();
    const failed = probeLibrary(first, { addon: standIn(code) });
    await expect(failed).rejects.toMatchObject({
      code: errorCode,
      message: expect.stringMatching(words),
      hint: expect.stringContaining('runtimes install rtx'),
      details: { file: first.runtime },
    });
  });

  it('does not wait for one that hangs', async () => {
    const { first } = await families();
    const addon = standIn('await new Promise(() => setInterval(() => 0, 1000))');
    await expect(probeLibrary(first, { addon, timeoutMs: 500 })).rejects.toMatchObject({ code: 'LIBRARY_BROKEN' });
  });

  it('goes on to the next family when the best one is broken', async () => {
    const { search } = await families();
    const addon = standIn(
      "if (paths.family === 'tensorrt-rtx') process.abort(); return { version: '10.6.0', buildsWithoutDevice: false }",
    );
    const broken: string[] = [];
    const working = await firstWorking(search, { addon }, ({ family }, { code }) => broken.push(`${family} ${code}`));
    expect(working).toMatchObject({ found: { family: 'tensorrt-10' }, answer: { version: '10.6.0' } });
    expect(broken).toEqual(['tensorrt-rtx LIBRARY_BROKEN']);
  });
});

describe('probeDriver', () => {
  const report = "return { driverLibrary: 'libcuda.so.1', cudaVersion: 13000, devices: [], reason: 'none' }";

  it('answers with the driver’s report', async () => {
    const addon = standIn('', report);
    expect(await probeDriver({ addon })).toMatchObject({ driverLibrary: 'libcuda.so.1', cudaVersion: 13000 });
  });

  it('survives a driver that crashes', async () => {
    await expect(probeDriver({ addon: standIn('', 'process.abort()') })).rejects.toMatchObject({
      code: 'DRIVER_BROKEN',
    });
  });
});

describe('loadAddon', () => {
  it('loads the one that is named, once', () => {
    const addon = standIn('');
    const env = { MASKFORGE_ADDON: addon };
    expect(findAddon(env, [])).toBe(addon);
    expect(loadAddon(env, [])).toBe(loadAddon(env, []));
  });

  it.each([
    ['is not there', null, 'ADDON_MISSING', /npm run native/],
    ['is another module', 'module.exports = {}', 'ADDON_BROKEN', /npm run native/],
    ['cannot be loaded', 'throw new Error("GLIBC_2.99 not found")', 'ADDON_BROKEN', /another system/],
  ])('says so when it %s', (_what, code, errorCode, hint) => {
    const file = code === null ? '/nowhere/maskforge.node' : put(join(temporaryFolder(), 'maskforge.cjs'), code);
    const load = (): unknown => loadAddon({ MASKFORGE_ADDON: file }, []);
    expect(load).toThrowError(expect.objectContaining({ code: errorCode, hint: expect.stringMatching(hint) }));
  });
});
