import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Recipe } from '../../shared/domain/engine';
import { isExternal } from '../../onnx/external-data';
import { openModel } from '../../onnx/model';
import { readProperty } from '../../onnx/node';
import { isMissing, readError } from '../library/json-file';
import { sha256OfFile } from './canonical';

type Identity = Omit<Recipe['model'], 'name'>;

interface Kept {
  readonly files: readonly string[];
  readonly stamp: string;
  readonly identity: Identity;
}

/**
 * What a model's content is, weights beside the file included. Kept by size and time of the files, so that a library of
 * many engines reads each model once.
 */
export class ModelIdentities {
  readonly #kept = new Map<string, Kept>();

  /** @throws AppError FILE_NOT_FOUND, FILE_UNREADABLE, ONNX_… */
  async of(path: string): Promise<Identity> {
    const kept = this.#kept.get(path);
    if (kept !== undefined && (await stampOf(kept.files)) === kept.stamp) return kept.identity;
    const files = [path, ...(await weightFiles(path))];
    const stamp = await stampOf(files);
    const [sha256 = '', ...weights] = await Promise.all(files.map(sha256OfFile));
    const identity = { sha256, weights };
    this.#kept.set(path, { files, stamp, identity });
    return identity;
  }

  /** Whether the file at `path` is another than it was; a file that is gone is not: the engine does without it. */
  async hasChanged(path: string, { sha256, weights }: Identity): Promise<boolean> {
    try {
      const now = await this.of(path);
      return now.sha256 !== sha256 || now.weights.join() !== weights.join();
    } catch {
      return !(await isGone(path));
    }
  }
}

async function stampOf(files: readonly string[]): Promise<string> {
  const facts = await Promise.all(
    files.map((file) =>
      stat(file).catch((error: unknown) => {
        throw readError(error, file);
      }),
    ),
  );
  return facts.map(({ size, mtimeMs }) => `${size}-${mtimeMs}`).join(' ');
}

/** Files beside the model that hold weights, by name. */
async function weightFiles(path: string): Promise<string[]> {
  const model = await openModel(path, { weights: 'lazy' });
  try {
    const names = new Set<string>();
    for (const tensor of model.graph.initializers.values()) {
      const location = isExternal(tensor) ? readProperty(tensor.externalData, 'location') : undefined;
      if (location !== undefined && join(dirname(path), location) !== path) names.add(location);
    }
    return [...names].sort().map((name) => join(dirname(path), name));
  } finally {
    model.close();
  }
}

async function isGone(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    (error: unknown) => isMissing(error),
  );
}
