import type { InferenceSession } from 'onnxruntime-node';
import { DataType } from '../../onnx/data-type';
import type { OnnxModel } from '../../onnx/model';
import { modelToBytes } from '../../onnx/model-write';
import type { ModelSummary } from '../../shared/domain/model';
import { fixedInputSize } from '../placement';
import { loadOrt } from '../../onnx/load-ort';
import { settingsFor } from './ort-network';
import { threadsFor } from './ort-runtime';

/** Medians in milliseconds. */
export interface PairedTime {
  /** Of the candidate. */
  readonly milliseconds: number;
  /** Of the original, in turns with it. */
  readonly float: number;
}

const WARM_UP = 1;
/** Pairs of runs: no fewer, and no more than fit into the time. */
const LEAST_PAIRS = 3;
const MOST_PAIRS = 40;
const MOST_MS = 2500;
/** Side of the input where the model takes any. */
const ANY_SIDE = 512;

/**
 * Times candidates as ONNX Runtime would run them as engines. Candidate and original run in turns on the same picture, so
 * that what else the machine does weighs on both alike. Each candidate takes about 2.5 seconds at most,
 * or four pairs of runs: of slow networks a fraction of the time that comparing their masks takes.
 */
export class PairedTimer {
  readonly #original: OnnxModel;
  readonly #form: Pick<ModelSummary, 'input' | 'preprocessing'>;
  readonly #threads: number;
  #baseline: Promise<InferenceSession> | null = null;

  /** @param original in higher precision; @param threads 0: one for each core */
  constructor(original: OnnxModel, form: Pick<ModelSummary, 'input' | 'preprocessing'>, threads: number) {
    this.#original = original;
    this.#form = form;
    this.#threads = threadsFor(threads);
  }

  /** @throws AbortError; what opening and running throws */
  async time(candidate: OnnxModel, signal?: AbortSignal): Promise<PairedTime> {
    this.#baseline ??= open(this.#original, this.#threads);
    const baseline = await this.#baseline;
    const session = await open(candidate, this.#threads);
    try {
      const feeds = await this.#feeds();
      for (let run = 0; run < WARM_UP; run += 1) for (const each of [baseline, session]) await each.run(feeds);
      const [floats, times]: [number[], number[]] = [[], []];
      const begun = now();
      while (times.length < LEAST_PAIRS || (times.length < MOST_PAIRS && now() - begun < MOST_MS)) {
        signal?.throwIfAborted();
        floats.push(await timed(() => baseline.run(feeds)));
        times.push(await timed(() => session.run(feeds)));
      }
      return { milliseconds: middle(times), float: middle(floats) };
    } finally {
      await session.release();
    }
  }

  async close(): Promise<void> {
    const baseline = this.#baseline;
    this.#baseline = null;
    await (await baseline?.catch(() => null))?.release();
  }

  async #feeds(): Promise<InferenceSession.FeedsType> {
    const { Tensor } = await loadOrt();
    const { input, preprocessing } = this.#form;
    const any = fixedInputSize(preprocessing.size) ?? { width: ANY_SIDE, height: ANY_SIDE };
    const [batch, height, width] = [input.batch ?? 1, input.height ?? any.height, input.width ?? any.width];
    const { channels } = input;
    const dims = input.layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
    // Not zeros: some kernels are faster on those.
    const values = Array.from({ length: batch * channels * height * width }, (_, at) => Math.sin(at * 0.37) * 2);
    switch (input.type) {
      case 'float32':
        return { [input.name]: new Tensor('float32', Float32Array.from(values), dims) };
      case 'uint8':
        return {
          [input.name]: new Tensor(
            'uint8',
            Uint8Array.from(values, (value) => 128 + value * 60),
            dims,
          ),
        };
      case 'float16':
        return { [input.name]: new Tensor('float16', new Uint16Array(values.length), dims) };
    }
  }
}

async function open(model: OnnxModel, threads: number): Promise<InferenceSession> {
  const { InferenceSession: Sessions } = await loadOrt();
  return Sessions.create(modelToBytes(model), settingsFor(threads, holdsInt8(model)));
}

function holdsInt8({ graph }: OnnxModel): boolean {
  return [...graph.initializers.values()].some(({ dataType }) => dataType === DataType.INT8);
}

function middle(values: number[]): number {
  values.sort((one, other) => one - other);
  return values[values.length >> 1] ?? Number.NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = now();
  await work();
  return now() - start;
}

/** Milliseconds of a monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
