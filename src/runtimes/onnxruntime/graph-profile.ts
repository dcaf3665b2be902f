import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import type { ModelInput } from '../../shared/domain/model';
import { openError, runError } from '../../onnx/ort-errors';
import { loadOrt } from '../../onnx/load-ort';
import { settingsFor } from './ort-network';

/** What to run, and how often. */
export interface ProfileOrder {
  /** Absolute path of an ONNX file. */
  readonly path: string;
  readonly input: ModelInput;
  /** Pixels of the input. */
  readonly width: number;
  readonly height: number;
  readonly threads: number;
  /** Whether Q/DQ is in it. */
  readonly isEightBit: boolean;
  /** Runs that are not counted, and runs that are. */
  readonly warmUp: number;
  readonly runs: number;
}

/** One kernel of the graph as ONNX Runtime has optimised it for this processor. */
export interface ProfiledKernel {
  readonly name: string;
  /** Operator, such as `QLinearConv`. */
  readonly op: string;
  /** Element types in ONNX Runtime's words, such as `float` and `int8`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of each run. */
  readonly microseconds: readonly number[];
}

/** A tensor is told as `{"float": [1, 3, 512, 512]}`; a missing input as nothing. */
const typesSchema = z.array(z.record(z.string(), z.unknown())).optional();
const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  ts: z.number(),
  args: z.looseObject({
    op_name: z.string().optional(),
    node_index: z.string().optional(),
    input_type_shape: typesSchema,
    output_type_shape: typesSchema,
  }),
});
const KERNEL = '_kernel_time';

/**
 * Opens a network as it will be run, runs it on zeros, and tells what each kernel took, in the order of the graph. It is
 * ONNX Runtime's own profiler: its clock is in whole microseconds, and timing each kernel slows the whole down.
 *
 * @throws AppError ONNX_UNSUPPORTED_OPERATOR, ONNX_REFUSED, … as opening does; MODEL_RUN_FAILED, PROFILE_UNREADABLE
 */
export async function profileGraph(order: ProfileOrder): Promise<ProfiledKernel[]> {
  const folder = await mkdtemp(join(tmpdir(), 'maskforge-profile-'));
  try {
    await runProfiled(order, join(folder, 'profile'));
    const [file] = await readdir(folder);
    if (file === undefined) throw unreadable(order.path);
    return parseProfile(await readFile(join(folder, file), 'utf8'), order);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function runProfiled(order: ProfileOrder, prefix: string): Promise<void> {
  const { path, width, height, threads, isEightBit, warmUp, runs } = order;
  const ort = await loadOrt();
  const name = basename(path);
  const options = { ...settingsFor(threads, isEightBit), enableProfiling: true, profileFilePrefix: prefix };
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(path, options);
  } catch (error) {
    throw openError(error, name);
  }
  try {
    const feeds = { [order.input.name]: zeros(ort.Tensor, order) };
    for (let run = 0; run < warmUp + runs; run += 1) {
      await session.run(feeds);
      // Whoever waits for this thread has a turn in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    session.endProfiling();
  } catch (error) {
    throw runError(error, name, { width, height });
  } finally {
    await session.release();
  }
}

function zeros(TensorClass: typeof Tensor, { input, width, height }: ProfileOrder): Tensor {
  const dims = input.layout === 'NCHW' ? [1, input.channels, height, width] : [1, height, width, input.channels];
  const count = input.channels * height * width;
  switch (input.type) {
    case 'float32':
      return new TensorClass('float32', new Float32Array(count), dims);
    case 'float16':
      return new TensorClass('float16', new Uint16Array(count), dims);
    case 'uint8':
      return new TensorClass('uint8', new Uint8Array(count), dims);
  }
}

/** @throws AppError PROFILE_UNREADABLE */
export function parseProfile(text: string, { path, warmUp }: Pick<ProfileOrder, 'path' | 'warmUp'>): ProfiledKernel[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!Array.isArray(content)) throw unreadable(path);
  const kernels = new Map<string, ProfiledKernel & { microseconds: number[] }>();
  for (const item of content) {
    const parsed = eventSchema.safeParse(item);
    if (!parsed.success || parsed.data.cat !== 'Node' || !parsed.data.name.endsWith(KERNEL)) continue;
    const { name, dur, args } = parsed.data;
    // Names need not be unique, or given at all.
    const key = `${args.node_index ?? ''} ${name}`;
    let kernel = kernels.get(key);
    if (kernel === undefined) {
      const op = args.op_name ?? '';
      const own = name.slice(0, -KERNEL.length);
      const types = { inputs: typesOf(args.input_type_shape), outputs: typesOf(args.output_type_shape) };
      kernels.set(key, (kernel = { name: own === '' ? op : own, op, ...types, microseconds: [] }));
    }
    kernel.microseconds.push(dur);
  }
  return [...kernels.values()].map((kernel) => ({ ...kernel, microseconds: kernel.microseconds.slice(warmUp) }));
}

function typesOf(tensors: z.infer<typeof typesSchema>): string[] {
  return [...new Set((tensors ?? []).flatMap((tensor) => Object.keys(tensor)))];
}

function unreadable(path: string, cause?: unknown): AppError {
  return new AppError('PROFILE_UNREADABLE', `ONNX Runtime told nothing of the kernels of ${basename(path)}.`, {
    hint: 'Check that the temporary folder can be written, and that its disk has room.',
    ...(cause === undefined ? {} : { cause }),
    details: { path },
  });
}
