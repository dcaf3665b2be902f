import { stat } from 'node:fs/promises';
import type { ErrorReport } from '../../shared/app-error';
import { AppError, toErrorReport } from '../../shared/app-error';
import type { ModelSummary } from '../../shared/domain/model';
import type { DescribeGraph, GraphDescription } from './graph-description';
import { readError, isMissing } from './json-file';
import type { LibraryEntry } from './library-index';
import { DESCRIPTION_VERSION } from './library-index';
import type { FoundManifest, LocatedModel } from './locate-model';
import { findManifest, located, readSidecar } from './locate-model';
import { nameFromPlace } from './model-name';
import { remark } from '../../shared/remark';
import type { ResolvedModel } from './resolve-model';
import { resolveModel } from './resolve-model';

export interface ReadModel {
  readonly summary: ModelSummary;
  /** The entry with what was seen of the file. */
  readonly entry: LibraryEntry;
}

/** Reads a model for use. Rejects with a coded error when its file or its `model.json` cannot be used. */
export async function readModel(entry: LibraryEntry, describe: DescribeGraph): Promise<ReadModel> {
  const seen = await see(entry, describe);
  const place = located(entry.path);
  const warnings: ErrorReport[] = [];
  const manifest = await findManifest(place);
  const resolved = await resolve(entry, seen.graph, place, manifest, warnings);
  return { summary: summarise(entry, seen, resolved, warnings), entry: { ...entry, seen } };
}

/**
 * Reads a model for the list, where a broken one must not hide the others: what is wrong becomes its warning, and what
 * was known of its graph stands in. Null when nothing was ever known.
 */
export async function readModelForList(entry: LibraryEntry, describe: DescribeGraph): Promise<ReadModel | null> {
  try {
    return await readModel(entry, describe);
  } catch (error) {
    const { seen } = entry;
    const trouble = explain(error);
    const fresh = await see(entry, describe).catch(() => seen);
    if (fresh === undefined) return null;
    const warnings = [trouble];
    const resolved = await resolve(entry, fresh.graph, located(entry.path), null, warnings);
    return { summary: summarise(entry, fresh, resolved, warnings), entry: { ...entry, seen: fresh } };
  }
}

type Seen = NonNullable<LibraryEntry['seen']>;

async function see(entry: LibraryEntry, describe: DescribeGraph): Promise<Seen> {
  const info = await stat(entry.path).catch((error: unknown) => {
    if (!isMissing(error)) throw readError(error, entry.path);
    throw new AppError('MODEL_FILE_MISSING', `The model file ${entry.path} is no longer there.`, {
      hint: 'Put it back, or remove the model from the library.',
      cause: error,
      details: { path: entry.path },
    });
  });
  const { seen } = entry;
  if (seen !== undefined && seen.sizeBytes === info.size && seen.modifiedMs === info.mtimeMs) return seen;
  return {
    version: DESCRIPTION_VERSION,
    sizeBytes: info.size,
    modifiedMs: info.mtimeMs,
    graph: await describe(entry.path),
  };
}

async function resolve(
  entry: LibraryEntry,
  graph: GraphDescription,
  place: LocatedModel,
  manifest: FoundManifest | null,
  warnings: ErrorReport[],
): Promise<ResolvedModel> {
  const resolved = resolveModel({
    graph,
    user: { labels: entry.labels, preprocessing: entry.preprocessing },
    manifest,
    config: await readOptionalJson(place, 'config.json', warnings),
    processor: await readOptionalJson(place, 'preprocessor_config.json', warnings),
  });
  warnings.push(...resolved.warnings);
  return resolved;
}

/** Other people's files are a help, not a condition: an unreadable one is said and passed over. */
async function readOptionalJson(place: LocatedModel, name: string, warnings: ErrorReport[]): Promise<unknown> {
  try {
    const found = await readSidecar(place, name);
    return found === null ? null : JSON.parse(found.text);
  } catch (error) {
    const what = `${name} beside the model cannot be read and is ignored (${toErrorReport(error).message}).`;
    warnings.push(remark('file-ignored', what, { file: name }));
    return null;
  }
}

function summarise(entry: LibraryEntry, seen: Seen, resolved: ResolvedModel, warnings: ErrorReport[]): ModelSummary {
  const { graph, sizeBytes } = seen;
  const licence = resolved.licence ?? entry.licence;
  return {
    id: entry.id,
    name: resolved.name ?? nameFromPlace(entry.path, entry.origin),
    path: entry.path,
    sizeBytes,
    bundled: entry.bundled,
    irVersion: graph.irVersion,
    opset: graph.opset,
    producer: graph.producer,
    input: graph.input,
    output: resolved.output,
    labels: resolved.labels,
    labelsSource: resolved.labelsSource,
    preprocessing: resolved.preprocessing,
    preprocessingSource: resolved.preprocessingSource,
    ...(licence === undefined ? {} : { licence }),
    warnings,
  };
}

function explain(error: unknown): ErrorReport {
  if (!(error instanceof AppError)) throw error;
  return toErrorReport(error);
}
