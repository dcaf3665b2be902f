import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../shared/app-error';
import type { ModelSummary } from '../shared/domain/model';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';

export interface ChosenModel {
  readonly model: ModelSummary;
  /** Takes a model that was only named by its path out of the library again. */
  release(): Promise<void>;
}

/** `--model`: an id from the library, the path of an ONNX file, or a folder that holds one; else the bundled model. */
export async function chooseModel(
  studio: LocalStudio,
  context: CliContext,
  wanted: string | undefined,
): Promise<ChosenModel> {
  const models = await studio.call('models.list', {});
  if (wanted === undefined) return kept(defaultModel(models));
  const known = models.find(({ id }) => id === wanted);
  if (known !== undefined) return kept(known);
  const path = resolve(context.io.cwd, wanted);
  if (!existsSync(path) && !looksLikePath(wanted)) throw unknownModel(wanted, models);
  const model = await studio.call('models.add', { path });
  if (models.some(({ id }) => id === model.id)) return kept(model);
  const release = async (): Promise<void> => {
    // Not cancelled with the command: the library would keep what was only borrowed.
    const { signal } = new AbortController();
    await studio.call('models.remove', { modelId: model.id }, signal).catch((error: unknown) => {
      // Another command that borrowed the same file has brought it back already.
      if (!(error instanceof AppError) || error.code !== 'MODEL_NOT_FOUND') throw error;
    });
  };
  return { model, release };
}

function kept(model: ModelSummary): ChosenModel {
  return { model, release: async () => undefined };
}

function defaultModel(models: readonly ModelSummary[]): ModelSummary {
  const model = models.find(({ bundled }) => bundled) ?? models[0];
  if (model !== undefined) return model;
  throw new AppError('MODEL_NONE', 'There is no model in the library, and none came with the studio.', {
    hint: 'Name an ONNX file with --model, or fetch one with: maskforge models pull REPO',
  });
}

function looksLikePath(text: string): boolean {
  return /[\\/]|\.onnx$/i.test(text);
}

export function unknownModel(wanted: string, models: readonly ModelSummary[]): AppError {
  const ids = models.map(({ id }) => id).join(', ');
  return new AppError('MODEL_NOT_FOUND', `"${wanted}" is neither a model of the library nor a file or folder.`, {
    hint: ids === '' ? 'Name the path of an ONNX file.' : `The library holds ${ids}.`,
    details: { model: wanted },
  });
}
