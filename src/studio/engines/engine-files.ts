import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { EngineRecord } from '../../shared/domain/engine';
import { engineRecordSchema } from '../../shared/domain/engine';
import { isMissing, readError, readTextIfPresent } from '../library/json-file';
import { canonicalJson, sha256OfFile } from './canonical';
import { engineKey, parseRecipe } from './recipe';

/** What lies in an engine's folder. */
export const engineFiles = {
  record: 'engine.json',
  recipe: 'recipe.json',
  plan: 'engine.plan',
  graph: 'network.onnx',
  /** TensorRT's own description of the layers. */
  layers: 'layers.json',
  log: 'build.log',
  verification: 'verification.json',
  /** For 8 bits: what the values of the network were on the calibration pictures. */
  calibration: 'calibration.json',
} as const;

/**
 * Reads what an engine's folder says of itself, and checks that its parts belong together. The plan's content is not
 * read here: see {@link checkPlan}.
 *
 * @throws AppError ENGINE_CORRUPT with the part that is wrong
 */
export async function readEngine(folder: string): Promise<EngineRecord> {
  const record = await readRecord(folder);
  const file = join(folder, engineFiles.recipe);
  const text = await readTextIfPresent(file);
  if (text === null) throw damaged(folder, `${engineFiles.recipe} is missing`);
  if (canonicalJson(parseRecipe(text, file)) !== canonicalJson(record.recipe)) {
    throw damaged(folder, `${engineFiles.recipe} was changed after the build`);
  }
  if (engineKey(record.recipe) !== record.id) throw damaged(folder, 'its recipe does not belong to its id');
  const plan = await stat(join(folder, record.plan.file)).catch((error: unknown) => {
    throw isMissing(error) ? damaged(folder, `${record.plan.file} is missing`) : readError(error, folder);
  });
  if (plan.size !== record.plan.bytes) {
    throw damaged(folder, `${record.plan.file} has ${plan.size} bytes and was built with ${record.plan.bytes}`);
  }
  return record;
}

/** @throws AppError ENGINE_CORRUPT when the plan is another than the one that was built or trusted */
export async function checkPlan(folder: string, { plan }: EngineRecord): Promise<void> {
  if ((await sha256OfFile(join(folder, plan.file))) === plan.sha256) return;
  throw damaged(folder, `${plan.file} is not the file that was built`);
}

export function damaged(folder: string, why: string, cause?: unknown): AppError {
  return new AppError('ENGINE_CORRUPT', `The engine in ${folder} is damaged: ${why}.`, {
    hint: 'Build it again (maskforge build), or remove it (maskforge engine remove).',
    ...(cause === undefined ? {} : { cause }),
    details: { path: folder },
  });
}

/** What a folder says of itself, unchecked. @throws AppError ENGINE_CORRUPT */
export async function readRecord(folder: string): Promise<EngineRecord> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(join(folder, engineFiles.record), 'utf8'));
  } catch (error) {
    throw damaged(
      folder,
      isMissing(error) ? `${engineFiles.record} is missing` : `${engineFiles.record} cannot be read`,
      error,
    );
  }
  const parsed = engineRecordSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw damaged(folder, `${engineFiles.record}, ${where}: ${issue?.message ?? ''}`, parsed.error);
}
