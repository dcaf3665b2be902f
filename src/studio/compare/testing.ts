import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { z } from 'zod';
import { encodeIndexPng } from '../../media/png-writer';
import type { CallArgs, CallInput, CallName, CallResult } from '../../shared/contract';
import { calls } from '../../shared/contract';
import type { Job } from '../../shared/domain/job';
import { unrestrictedAccess } from '../file-access';
import { createStudio } from '../studio';

const odd = join(__dirname, '../../../tools/fixtures/models/odd');

export interface CompareBench {
  readonly root: string;
  /** As a shell calls: arguments and results go through their schemas. */
  call<K extends CallName>(name: K, args: CallInput<K>): Promise<CallResult<K>>;
  /** Waits for a job to end. */
  ended(jobId: string): Promise<Job>;
  /** A model that answers with the largest channel; with `bgr` it takes red for blue. Answers with its id. */
  model(name: string, channelOrder: 'rgb' | 'bgr', labels?: readonly string[]): Promise<string>;
  /** 8x8: upper half red, lower half left green, right blue. */
  picture(path: string): Promise<string>;
  /** 8x8 class ids: upper half, lower left, lower right. */
  drawnMask(path: string, ids: readonly [number, number, number], side?: number): Promise<string>;
  close(): Promise<void>;
}

/** A studio in a folder of its own, with networks whose answers can be told by looking. */
export async function compareBench(): Promise<CompareBench> {
  const root = await mkdtemp(join(tmpdir(), 'maskforge-compare-'));
  const idle = new AbortController().signal;
  const studio = await createStudio({
    dataDirectory: join(root, 'data'),
    resourcesDirectory: join(root, 'resources'),
    access: unrestrictedAccess,
    emit: () => undefined,
  });
  const call = async <K extends CallName>(name: K, args: CallInput<K>): Promise<CallResult<K>> => {
    const parsed = (calls[name].args as z.ZodType).parse(args) as CallArgs<K>;
    const result = await studio.handlers[name](parsed, { signal: idle });
    return (calls[name].result as z.ZodType).parse(result) as CallResult<K>;
  };
  const write = async (path: string, content: string | Uint8Array): Promise<string> => {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  };
  return {
    root,
    call,
    ended: async (jobId) => {
      for (;;) {
        const job = (await call('jobs.list', {})).find(({ id }) => id === jobId);
        if (job !== undefined && job.state !== 'running' && job.state !== 'queued') return job;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    model: async (name, channelOrder, labels = ['red', 'green', 'blue']) => {
      const path = await write(join(name, 'network.onnx'), await readFile(join(odd, 'channels.onnx')));
      await write(join(name, 'model.json'), JSON.stringify(manifest(name, channelOrder, labels)));
      return (await call('models.add', { path })).id;
    },
    picture: async (path) => {
      const colors = quarters([200, 20, 20], [20, 200, 20], [20, 20, 200], 8).flat();
      const raw = { width: 8, height: 8, channels: 3 } as const;
      return write(path, await sharp(Uint8Array.from(colors), { raw }).png().toBuffer());
    },
    drawnMask: async (path, [upper, left, right], side = 8) => {
      const data = Uint8Array.from(quarters(upper, left, right, side));
      return write(path, await encodeIndexPng({ width: side, height: side, bytesPerId: 1, data }));
    },
    close: async () => {
      await studio.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function quarters<T>(upper: T, left: T, right: T, side: number): T[] {
  return Array.from({ length: side * side }, (_, index) => {
    if (index < (side * side) / 2) return upper;
    return index % side < side / 2 ? left : right;
  });
}

function manifest(name: string, channelOrder: 'rgb' | 'bgr', labels: readonly string[]): object {
  const size = { mode: 'native', multipleOf: 1, maxSide: 4096 };
  return {
    format: 1,
    name,
    labels: labels.map((label, id) => ({ id, name: label, color: [id * 60, 10, 200] })),
    preprocessing: { size, channelOrder, scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  };
}
