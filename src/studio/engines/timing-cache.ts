import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import type { EngineDevice, Recipe } from '../../shared/domain/engine';
import { remark } from '../../shared/remark';
import { isMissing, writeFileAtomically } from '../library/json-file';
import { sha256 } from './canonical';

const MAGIC = Buffer.from('maskforge timing 1\n');
const HASH_BYTES = 32;

/**
 * What the builder measured of its kernels, kept for each runtime version and device, since a build that finds it there
 * is many times shorter. Files carry a hash: what a crash or a disk has damaged is never shown to TensorRT.
 */
export class TimingCache {
  readonly #folder: string;

  constructor(dataDirectory: string) {
    this.#folder = join(dataDirectory, 'cache', 'timing');
  }

  /** Null when there is none yet; a damaged one is dropped, and `warn` says so. */
  async read(
    runtime: Recipe['runtime'],
    device: EngineDevice,
    warn: (said: ErrorReport) => void,
  ): Promise<Uint8Array | null> {
    const file = this.fileFor(runtime, device);
    let content: Buffer;
    try {
      content = await readFile(file);
    } catch (error) {
      if (!isMissing(error))
        warn(
          remark('timing-cache-unreadable', `The timing cache ${file} cannot be read; the build takes longer.`, {
            file,
          }),
        );
      return null;
    }
    const head = MAGIC.length + HASH_BYTES;
    const payload = content.subarray(head);
    const isWhole =
      content.length > head &&
      content.subarray(0, MAGIC.length).equals(MAGIC) &&
      sha256(payload) === content.subarray(MAGIC.length, head).toString('hex');
    if (isWhole) return new Uint8Array(payload);
    await rm(file, { force: true }).catch(() => undefined);
    warn(
      remark(
        'timing-cache-damaged',
        `The timing cache ${file} was damaged and has been dropped; this build takes longer.`,
        {
          file,
        },
      ),
    );
    return null;
  }

  /** Replaces the old one in one step. A cache that cannot be kept is no reason to fail: `warn` says so. */
  async write(
    runtime: Recipe['runtime'],
    device: EngineDevice,
    cache: Uint8Array,
    warn: (said: ErrorReport) => void,
  ): Promise<void> {
    if (cache.length === 0) return;
    const content = Buffer.concat([MAGIC, Buffer.from(sha256(cache), 'hex'), cache]);
    try {
      await writeFileAtomically(this.fileFor(runtime, device), content);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      warn(remark('timing-cache-not-kept', `The timing cache was not kept: ${problem}`, { problem }));
    }
  }

  fileFor({ family, version }: Recipe['runtime'], device: EngineDevice): string {
    const where = device.kind === 'gpu' ? `${device.name} sm${device.computeCapability}` : device.kind;
    const name = `${family}-${version}-${where}`.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
    return join(this.#folder, `${name}.cache`);
  }
}
