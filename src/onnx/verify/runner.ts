import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyModel } from '../copy';
import { isExternal } from '../external-data';
import type { OnnxModel } from '../model';
import { modelToBytes, saveModel } from '../model-write';
import { createSession, tensorToConstant } from '../ort';
import type { OrtSession, OrtTensor, SessionOptions } from '../ort';
import { runError } from '../ort-errors';
import { runPass } from '../pass';
import { expandDecodeHeads } from '../passes/fuse-decode-head';
import { fuseLayerNorm, PLUGIN_DOMAIN } from '../passes/fuse-layernorm';
import { expandDepthwiseGelus } from '../passes/fuse-mixffn';
import { tensorByteLength, toNumbers } from '../tensor';
import { emulateBfloat16 } from './emulate-bfloat16';

/** Past this, ONNX Runtime reads the model from a file, so that there are not two more copies of it in memory. */
const IN_MEMORY_BYTES = 64 * 1024 * 1024;

/** A tensor as numbers. */
export interface Result {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

/** A model that runs on ONNX Runtime. Close it. */
export class ModelRunner {
  readonly model: OnnxModel;
  readonly #session: OrtSession;

  private constructor(model: OnnxModel, session: OrtSession) {
    this.model = model;
    this.#session = session;
  }

  /**
   * Nodes for our TensorRT plugins run as the ONNX operators that they stand for, bfloat16 as rounded float32. Without
   * `optimise` every node runs as it is written; memory is spared unless `isFrugal` is false.
   */
  static async open(model: OnnxModel, options: SessionOptions = {}): Promise<ModelRunner> {
    const runnable = emulateBfloat16(await withoutPlugins(model));
    return new ModelRunner(runnable, await openSession(runnable, options));
  }

  /**
   * @param names outputs to fetch; all when left out. Tensors that hold no numbers are missing.
   * @throws OUT_OF_MEMORY, MODEL_RUN_FAILED
   */
  async run(feeds: Readonly<Record<string, OrtTensor>>, names?: readonly string[]): Promise<Map<string, Result>> {
    const results = new Map<string, Result>();
    for (const [name, tensor] of Object.entries(await this.runRaw(feeds, names))) {
      const constant = tensorToConstant(tensor);
      if (constant !== undefined) results.set(name, { data: toNumbers(constant), dims: constant.dims });
    }
    return results;
  }

  /** The runtime's own tensors, to feed to another part of a model. */
  async runRaw(
    feeds: Readonly<Record<string, OrtTensor>>,
    names?: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>> {
    try {
      return await (names === undefined ? this.#session.run(feeds) : this.#session.run(feeds, [...names]));
    } catch (error) {
      throw runError(error, this.model.fileName);
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function withoutPlugins(model: OnnxModel): Promise<OnnxModel> {
  if (!model.graph.nodes.some(({ domain }) => domain === PLUGIN_DOMAIN)) return model;
  const copy = copyModel(model);
  expandDecodeHeads(copy.graph);
  expandDepthwiseGelus(copy.graph);
  await runPass(copy, fuseLayerNorm({ form: 'native' }));
  return copy;
}

async function openSession(model: OnnxModel, options: SessionOptions): Promise<OrtSession> {
  const tensors = [...model.graph.initializers.values()];
  const bytes = tensors.reduce((sum, tensor) => sum + (tensorByteLength(tensor) ?? 0), 0);
  if (bytes <= IN_MEMORY_BYTES && !tensors.some(isExternal))
    return createSession(modelToBytes(model), { isFrugal: true, ...options });
  const folder = await mkdtemp(join(tmpdir(), 'maskforge-verify-'));
  try {
    const path = join(folder, 'model.onnx');
    await saveModel(model, path, { weights: 'external' });
    return await createSession(path, { isFrugal: true, ...options });
  } finally {
    // On Linux and macOS the mapped weights outlive their name; elsewhere the folder stays until the process is gone.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
