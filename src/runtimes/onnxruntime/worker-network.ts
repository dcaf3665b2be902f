import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ErrorReport } from '../../shared/app-error';
import { AppError, fromErrorReport } from '../../shared/app-error';
import type { ModelSummary } from '../../shared/domain/model';
import type { InputData } from '../input-tensor';
import { profileGraph } from './graph-profile';
import type { ProfileOrder, ProfiledKernel } from './graph-profile';
import type { Network, NetworkOptions, NetworkOutput } from './network';

export type ToWorker =
  | { readonly t: 'open'; readonly model: ModelSummary; readonly options: NetworkOptions }
  | { readonly t: 'run'; readonly data: InputData; readonly width: number; readonly height: number }
  | { readonly t: 'profile'; readonly order: ProfileOrder }
  | { readonly t: 'release' };

export type FromWorker =
  | { readonly t: 'opened'; readonly precision: string }
  | { readonly t: 'done' }
  | { readonly t: 'profiled'; readonly kernels: readonly ProfiledKernel[] }
  | { readonly t: 'output'; readonly output: NetworkOutput; readonly data: InputData }
  | { readonly t: 'error'; readonly error: ErrorReport };

interface Waiting {
  resolve(answer: FromWorker): void;
  reject(error: Error): void;
}

/** A network in a thread of its own. Pixels and logits change hands without being copied. */
export class WorkerNetwork implements Network {
  readonly #worker: Worker;
  /** Answers come in the order of the questions. */
  readonly #waiting: Waiting[] = [];
  #gone: Error | null = null;
  #precision = '';

  private constructor(file: string) {
    this.#worker = new Worker(file);
    this.#worker.on('message', (answer: FromWorker) => this.#waiting.shift()?.resolve(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(threadGone()));
  }

  /**
   * Null where there is no compiled worker, as in tests of the sources, or where threads cannot load the library: the
   * network then runs in this thread.
   */
  static async open(file: string, model: ModelSummary, options: NetworkOptions): Promise<WorkerNetwork | null> {
    if (!existsSync(file)) return null;
    const network = new WorkerNetwork(file);
    try {
      const answer = await network.#ask({ t: 'open', model, options });
      if (answer.t === 'opened') network.#precision = answer.precision;
      return network;
    } catch (error) {
      await network.#worker.terminate();
      if (error instanceof AppError) throw error;
      return null;
    }
  }

  /** {@link profileGraph} in a thread of its own, where there is a compiled worker; aborting ends the thread. */
  static async profile(
    file: string | undefined,
    order: ProfileOrder,
    signal: AbortSignal,
  ): Promise<readonly ProfiledKernel[]> {
    if (file === undefined || !existsSync(file)) return profileGraph(order);
    const network = new WorkerNetwork(file);
    const stop = (): void => network.#end(cancelled());
    signal.addEventListener('abort', stop, { once: true });
    try {
      const answer = await network.#ask({ t: 'profile', order });
      if (answer.t !== 'profiled') throw new Error(`The network's thread answered with ${answer.t}.`);
      return answer.kernels;
    } finally {
      signal.removeEventListener('abort', stop);
      await network.#worker.terminate();
    }
  }

  get precision(): string {
    return this.#precision;
  }

  async run(data: InputData, width: number, height: number): Promise<{ output: NetworkOutput; data: InputData }> {
    const transfer = data.buffer instanceof ArrayBuffer ? [data.buffer] : [];
    const answer = await this.#ask({ t: 'run', data, width, height }, transfer);
    if (answer.t !== 'output') throw new Error(`The network's thread answered with ${answer.t}.`);
    return answer;
  }

  async release(): Promise<void> {
    if (this.#gone !== null) return;
    await this.#ask({ t: 'release' });
  }

  async #ask(message: ToWorker, transfer: readonly ArrayBuffer[] = []): Promise<FromWorker> {
    if (this.#gone !== null) throw this.#gone;
    const answer = await new Promise<FromWorker>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message, transfer);
    });
    if (answer.t === 'error') throw fromErrorReport(answer.error);
    return answer;
  }

  #end(error: Error): void {
    this.#gone ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#gone);
  }
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'The work was cancelled.');
}

function threadGone(): AppError {
  return new AppError('SESSION_CLOSED', 'The thread that runs the network has ended.', {
    hint: 'Open the model again.',
  });
}
