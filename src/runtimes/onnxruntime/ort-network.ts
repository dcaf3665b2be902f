import { basename } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../shared/app-error';
import type { ModelSummary } from '../../shared/domain/model';
import type { InputData } from '../input-tensor';
import type { ClassIds } from './class-ids';
import type { Network, NetworkOptions, NetworkOutput } from './network';
import { GraphCache } from './graph-cache';
import type { OrtModule as Ort } from '../../onnx/load-ort';
import { loadOrt } from '../../onnx/load-ort';
import { openError, runError } from '../../onnx/ort-errors';
import { prepareGraph } from './prepare-graph';

type SessionOptions = InferenceSession.SessionOptions;

/** A network in this thread, which stands still while it computes. */
export class OrtNetwork implements Network {
  readonly precision: string;
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #model: ModelSummary;
  readonly #fileName: string;

  private constructor(ort: Ort, { session, precision }: Opened, model: ModelSummary) {
    this.#ort = ort;
    this.#session = session;
    this.precision = precision;
    this.#model = model;
    this.#fileName = basename(model.path);
  }

  /** @throws AppError ONNX_UNSUPPORTED_OPERATOR, ONNX_OPSET_UNSUPPORTED, ONNX_EXTERNAL_MISSING, ONNX_REFUSED, … */
  static async open(model: ModelSummary, options: NetworkOptions): Promise<OrtNetwork> {
    const ort = await loadOrt();
    try {
      return new OrtNetwork(ort, await openSession(ort, model, options), model);
    } catch (error) {
      throw openError(error, basename(model.path));
    }
  }

  async run(data: InputData, width: number, height: number): Promise<{ output: NetworkOutput; data: InputData }> {
    const { input, output } = this.#model;
    const dims = input.layout === 'NCHW' ? [1, input.channels, height, width] : [1, height, width, input.channels];
    let result: Tensor | undefined;
    try {
      const feeds = { [input.name]: new this.#ort.Tensor(input.type, data, dims) };
      result = (await this.#session.run(feeds, [output.name]))[output.name];
    } catch (error) {
      throw runError(error, this.#fileName, { width, height });
    }
    if (result === undefined) throw new Error(`There is no output ${output.name}.`);
    return { output: output.kind === 'logits' ? this.#asLogits(result) : this.#asIds(result), data };
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #asLogits(tensor: Tensor): NetworkOutput {
    const [first, second, third] = tensor.dims.slice(-3);
    const values = tensor.data;
    const isFloat = values instanceof Float32Array || values instanceof Uint16Array;
    const one = tensor.dims.length === 3 || (tensor.dims.length === 4 && tensor.dims[0] === 1);
    if (!isFloat || !one || first === undefined || second === undefined || third === undefined) {
      throw this.#unexpected(tensor, 'logits as [1, classes, height, width]');
    }
    const layout = this.#model.output.layout ?? 'NCHW';
    const [channels, height, width] = layout === 'NCHW' ? [first, second, third] : [third, first, second];
    return { kind: 'logits', logits: { data: values, layout, channels, height, width } };
  }

  #asIds(tensor: Tensor): NetworkOutput {
    const { data } = tensor;
    // [N, H, W], [N, 1, H, W], [N, H, W, 1] or [H, W]: the two sides are what is not 1, from behind.
    const dims = tensor.dims.length === 4 && tensor.dims[3] === 1 ? tensor.dims.slice(0, 3) : tensor.dims;
    const [height, width] = dims.slice(-2);
    const positions = dims.reduce((product, dim) => product * dim, 1);
    if (!isIdArray(data) || height === undefined || width === undefined || positions !== height * width) {
      throw this.#unexpected(tensor, 'class ids as [1, height, width]');
    }
    return { kind: 'class-ids', ids: { data, height, width } };
  }

  #unexpected(tensor: Tensor, wanted: string): AppError {
    const found = `${tensor.type} [${tensor.dims.join(', ')}]`;
    return new AppError('MODEL_OUTPUT_UNEXPECTED', `${this.#fileName} gave ${found}; needed are ${wanted}.`, {
      hint: 'Choose another output of the network in model.json.',
      details: { model: this.#fileName, found },
    });
  }
}

interface Opened {
  readonly session: InferenceSession;
  readonly precision: string;
}

async function openSession(
  ort: Ort,
  model: ModelSummary,
  { threads, rewrite, cacheDirectory }: NetworkOptions,
): Promise<Opened> {
  const options = settingsFor(threads, false);
  const cache = cacheDirectory === null ? null : new GraphCache(cacheDirectory);
  const key = (await cache?.keyFor(model, rewrite, ort.env.versions.node ?? '')) ?? null;
  if (cache === null || key === null) return prepareSession(ort, model, options, rewrite);
  const kept = await cache.find(key);
  if (kept !== null) {
    try {
      const session = await ort.InferenceSession.create(kept.path, { ...options, graphOptimizationLevel: 'disabled' });
      return { session, precision: kept.precision };
    } catch {
      await cache.remove(kept.path);
    }
  }
  const temporary = await cache.beginWrite(key);
  if (temporary === null) return prepareSession(ort, model, options, rewrite);
  const opened = await prepareSession(ort, model, { ...options, optimizedModelFilePath: temporary }, rewrite);
  await cache.endWrite(temporary, key, opened.precision);
  return opened;
}

/** How networks run here. */
export function settingsFor(threads: number, isEightBit: boolean): SessionOptions {
  return {
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    executionMode: 'sequential',
    logSeverityLevel: 4,
    extra: extraFor(isEightBit),
  };
}

/**
 * In 8 bits, a product with a bias must not become one node (`Gemm`) first: ONNX Runtime has an integer kernel for the
 * product alone, and would compute that node in floats. And where a processor's products of unsigned by signed bytes
 * overflow (AVX2 without VNNI), it is told to take those that do not.
 */
function extraFor(isEightBit: boolean): Record<string, unknown> {
  // Threads spin while a picture is computed, which is fast, and sleep between pictures, which spares the fan.
  const session = { force_spinning_stop: '1' };
  if (!isEightBit) return { session };
  return {
    session: { ...session, x64quantprecision: '1' },
    optimization: { disable_specified_optimizers: 'MatMulAddFusion' },
  };
}

async function prepareSession(
  ort: Ort,
  model: ModelSummary,
  options: SessionOptions,
  rewrite: boolean,
): Promise<Opened> {
  const { bytes, sizes, isExternal, precision } = await prepareGraph(model, rewrite);
  // With all sizes known, what computes them is folded away.
  const own = precision === 'INT8' ? { ...options, extra: extraFor(true) } : options;
  const fixed = Object.keys(sizes).length > 0 ? { ...own, freeDimensionOverrides: sizes } : { ...own };
  // Weights that lie beside the model would be written into the optimised one: it stays unwritten.
  if (isExternal) delete fixed.optimizedModelFilePath;
  if (bytes !== null) {
    try {
      return { session: await ort.InferenceSession.create(bytes, fixed), precision };
    } catch {
      // A rewritten graph that is refused is no reason to refuse the file: what is wrong with it is told below.
    }
  }
  return { session: await ort.InferenceSession.create(model.path, fixed), precision };
}

function isIdArray(data: Tensor.DataType): data is Tensor.DataType & ClassIds['data'] {
  return ArrayBuffer.isView(data) && !(data instanceof BigUint64Array);
}
