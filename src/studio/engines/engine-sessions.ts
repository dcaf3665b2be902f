import { AppError } from '../../shared/app-error';
import { runtimeOfFamily } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { OnnxRuntimeOptions } from '../../runtimes/onnxruntime/ort-runtime';
import { openOnProcessor } from '../../runtimes/onnxruntime/ort-runtime';
import type { OpenOptions, Runtime, Session } from '../../runtimes/runtime';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { createTensorRtRuntime, openEngine } from '../../runtimes/tensorrt/tensorrt-runtime';
import type { EngineLibrary, UsableEngine } from './engine-library';
import type { Machine } from './engine-state';
import { engineFamilyNames } from './engine-state';
import { engineToOpen, precisionLabel, processorEngine } from './engine-to-open';

export interface EngineSessionsOptions {
  readonly library: EngineLibrary;
  readonly libraries: TensorRtLibraries;
  readonly machine: () => Promise<Machine>;
  /** Opens networks without an engine. */
  readonly reference: Runtime;
  /** How ONNX Runtime opens engines: where optimised graphs are kept, and the compiled worker. */
  readonly processor: OnnxRuntimeOptions;
}

/** Opens engines of the library, whatever they were built for. */
export class EngineSessions {
  readonly #options: EngineSessionsOptions;

  constructor(options: EngineSessionsOptions) {
    this.#options = options;
  }

  /** TensorRT opens engines only; ONNX Runtime those that it is told, and else the network itself. */
  runtimes(): Runtime[] {
    const { library, libraries, reference } = this.#options;
    const processor: Runtime = {
      id: reference.id,
      probe: () => reference.probe(),
      open: async (model, options) => {
        const { engineId } = options;
        if (engineId === undefined) return reference.open(model, options);
        return this.#onProcessor(await this.#checked(engineId, model, 'onnxruntime'), model, options);
      },
    };
    const device = createTensorRtRuntime({
      libraries,
      findEngine: async (model, engineId) => {
        const usable = await (engineId === undefined
          ? library.newestFor(model)
          : this.#checked(engineId, model, 'tensorrt'));
        await this.#checkModel(usable, model);
        return engineToOpen(usable, await this.#options.machine(), model);
      },
    });
    return [processor, device];
  }

  /** @param model as it is now, with a size that the engine can serve */
  async open(usable: UsableEngine, model: ModelSummary, options: OpenOptions): Promise<Session> {
    if (usable.record.recipe.runtime.family === 'onnxruntime') return this.#onProcessor(usable, model, options);
    return openEngine(this.#options.libraries, engineToOpen(usable, await this.#options.machine(), model), options);
  }

  async #onProcessor(usable: UsableEngine, chosen: ModelSummary, options: OpenOptions): Promise<Session> {
    const { model, zeroPixel } = processorEngine(usable, chosen);
    const { processor } = this.#options;
    const precision = precisionLabel(usable.record.recipe.precision);
    return openOnProcessor(model, options, { ...processor, rewrite: false, zeroPixel, precision });
  }

  async #checked(engineId: string, model: ModelSummary, runtime: 'onnxruntime' | 'tensorrt'): Promise<UsableEngine> {
    const { library } = this.#options;
    const { id, runtime: of } = await library.get(engineId);
    if (runtimeOfFamily(of.family) !== runtime) {
      const right = runtimeOfFamily(of.family);
      throw new AppError('ENGINE_OF_OTHER_RUNTIME', `The engine ${id} was built for ${engineFamilyNames[of.family]}.`, {
        hint: `Open it with the runtime ${right}.`,
        details: { engine: id, runtime: right },
      });
    }
    const usable = await library.use(id);
    await this.#checkModel(usable, model);
    return usable;
  }

  async #checkModel({ record }: UsableEngine, model: ModelSummary): Promise<void> {
    const identity = await this.#options.library.models.of(model.path);
    if (identity.sha256 === record.recipe.model.sha256) return;
    throw new AppError(
      'ENGINE_OF_OTHER_MODEL',
      `The engine ${record.id} was built from another network than ${model.name}.`,
      {
        hint: `Name the model that it was built from, or build one: maskforge build ${model.id}`,
        details: { engine: record.id, model: model.id },
      },
    );
  }
}
