import { closeSync, copyFileSync, openSync, readdirSync, symlinkSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FoundFamily } from './find-libraries';
import { findTensorRt } from './find-libraries';
import { temporaryFolder } from './find-libraries-testing';
import { firstWorking, probeDriver, probeLibrary } from './probe-process';

/** The real addon against real libraries of TensorRT for RTX, whole and damaged; needs no GPU. */

const env = { ...process.env };

async function rtxIn(folder: string | undefined): Promise<FoundFamily> {
  const dataDirectory = temporaryFolder();
  const where = folder === undefined ? env : { ...env, MASKFORGE_TENSORRT: folder };
  const { families, places } = await findTensorRt({ dataDirectory, env: where, family: 'tensorrt-rtx' });
  const found = families.find(({ family, usable }) => family === 'tensorrt-rtx' && usable);
  if (found === undefined) throw new Error(places.flatMap(({ findings }) => findings).join('\n'));
  return found;
}

/** A folder with links to the real libraries, of which tests replace one. */
async function copyOf(): Promise<{ folder: string; runtime: string; parser: string; real: FoundFamily }> {
  const real = await rtxIn(undefined);
  const folder = temporaryFolder();
  for (const name of readdirSync(real.directory)) {
    if (join(real.directory, name) !== real.runtime) symlinkSync(join(real.directory, name), join(folder, name));
  }
  return { folder, runtime: join(folder, 'libtensorrt_rtx.so.1'), parser: real.parser, real };
}

describe('the real addon', () => {
  it('opens TensorRT for RTX and tells its version', async () => {
    expect(await probeLibrary(await rtxIn(undefined), { env })).toEqual({
      version: expect.stringMatching(/^1\.\d+\.\d+/),
      buildsWithoutDevice: true,
    });
  });

  it('asks the driver, whether there is one or not', async () => {
    expect(await probeDriver({ env })).toMatchObject({ devices: expect.any(Array), reason: expect.any(String) });
  });

  it('survives another library under the name', async () => {
    const { folder, runtime, parser } = await copyOf();
    copyFileSync(parser, runtime);
    await expect(probeLibrary(await rtxIn(folder), { env })).rejects.toMatchObject({
      code: expect.stringMatching(/^LIBRARY_/),
      message: expect.stringContaining(runtime),
    });
  });

  it('survives a library with a hole in it, and takes the next one', async () => {
    const { folder, runtime, real } = await copyOf();
    copyFileSync(real.runtime, runtime);
    const hole = Buffer.alloc(60 * 2 ** 20, 0x5a);
    const handle = openSync(runtime, 'r+');
    writeSync(handle, hole, 0, hole.length, 2 ** 20);
    closeSync(handle);
    await expect(probeLibrary(await rtxIn(folder), { env })).rejects.toMatchObject({ code: 'LIBRARY_BROKEN' });
    const both = { ...env, MASKFORGE_TENSORRT: `${folder}:${real.directory}` };
    const search = await findTensorRt({ dataDirectory: temporaryFolder(), env: both, family: 'tensorrt-rtx' });
    expect((await firstWorking(search, { env }))?.found.directory).toBe(real.directory);
  });

  it('does not even try one that is cut off', async () => {
    const { folder, runtime, real } = await copyOf();
    copyFileSync(real.runtime, runtime);
    truncateSync(runtime, 100_000_000);
    await expect(rtxIn(folder)).rejects.toThrow(/is cut off: 100000000 bytes/);
  });
});
