import { readdir } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import { hashModel } from '../../quantization/hash-model';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { calibrationFromText } from '../../quantization/calibration-record';
import { DEFAULT_COLLECTED } from '../../quantization/collect-statistics';
import { SITE_KINDS } from '../../quantization/sites';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import { AppError } from '../../shared/app-error';
import type { BuildOrder, PassStep, Recipe } from '../../shared/domain/engine';
import type { ModelInput, ModelSummary } from '../../shared/domain/model';
import type { CalibrationOrder, QuantizeStep } from '../../shared/domain/quantization';
import { readTextIfPresent } from '../library/json-file';
import { calibrateFolder } from '../quantize/calibrate-folder';
import type { CalibrateOptions, CalibrationProgress } from '../quantize/calibrate-folder';
import { brokenOff, MOST_CALIBRATION_BYTES } from '../quantize/calibration-file';
import type { InputForm } from '../quantize/picture-inputs';
import { applySteps } from './apply-recipe';
import { canonicalJson, sha256 } from './canonical';
import { pixelForm, servedSize } from './engine-to-open';
import { NARROWING } from './recipe';

/** Where calibrations lie, and who hears of the work. */
export interface CalibrationPlace {
  /** The studio's own, one file for each calibration. */
  readonly directory: string;
  /** Of the processor; ONNX Runtime decides when left out. */
  readonly threads?: number;
  /** `calibration.json` of the engines that were built with this one. */
  readonly ofEngines: (hash: string) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CalibrationProgress) => void;
  readonly warn: (said: ErrorReport) => void;
}

/** A recipe of which nothing is open any more; `calibration` is what it names, for 8 bits. */
export interface SettledRecipe {
  readonly recipe: Recipe;
  readonly calibration: CalibrationRecord | null;
}

/** What ranges follow from: equal for equal collections, whatever their pictures are called. */
export function calibrationHash({ source, inputs, values }: CalibrationRecord): string {
  return sha256(canonicalJson({ source, inputs, values }));
}

/** @throws AppError RECIPE_CONTRADICTORY when the step is not the last one */
export function quantizeStepOf({ passes }: Pick<Recipe, 'passes'>): QuantizeStep | null {
  const at = passes.findIndex(({ pass }) => pass === 'quantize');
  const step = passes[at];
  if (step?.pass !== 'quantize') return null;
  if (at === passes.length - 1) return step;
  throw new AppError('RECIPE_CONTRADICTORY', 'The recipe goes on after quantising.', {
    hint: 'Quantising is the last pass: put the others in front of it.',
  });
}

/**
 * Fills in which calibration a recipe for 8 bits means, and gives that. Looked for, in this order: pictures that the order
 * names, and then it is collected anew or found among what was collected; a file that the order names; what the recipe
 * names, among the engines and the studio's calibrations.
 *
 * @throws AppError CALIBRATION_NEEDED, CALIBRATION_MISSING (nowhere here), CALIBRATION_CACHE_FOREIGN (of another network, or
 *   not the one that the recipe names), CALIBRATION_CACHE_DAMAGED, and what {@link calibrateFolder} throws
 */
export async function settleCalibration(
  recipe: Recipe,
  model: ModelSummary,
  order: BuildOrder,
  place: CalibrationPlace,
): Promise<SettledRecipe> {
  const step = quantizeStepOf(recipe);
  if (step === null) return { recipe, calibration: null };
  const { file } = order.calibration ?? {};
  const settle = (calibration: CalibrationRecord): SettledRecipe => {
    checkKinds(calibration, step.kinds, file);
    return { recipe: withStatistics(recipe, calibrationHash(calibration)), calibration };
  };
  if (order.calibration !== undefined && namesPictures(order)) {
    return settle(await collect(recipe, model, order.calibration, place));
  }
  if (order.recipe !== undefined) checkModel(order.recipe, recipe);
  const { statistics } = step;
  if (statistics === null && file === undefined) throw needed(step);
  if (file === undefined) return settle(await find(statistics ?? '', place));
  const calibration = await readCalibration(file);
  if (statistics !== null && calibrationHash(calibration) !== statistics) {
    throw foreign(file, 'is not the calibration that the recipe names');
  }
  if (statistics === null) await checkGraph({ calibration, file }, recipe, model, place.signal);
  return settle(calibration);
}

/** Ranges are of the kinds of layers that were looked at, and others cannot compute in 8 bits with them. */
function checkKinds({ source }: CalibrationRecord, kinds: QuantizeStep['kinds'], file: string | undefined): void {
  const unknown = kinds.filter((kind) => !source.kinds.includes(kind));
  if (unknown.length === 0) return;
  const names = unknown.join(', ');
  const what = file ?? 'The calibration';
  throw new AppError(
    'CALIBRATION_CACHE_FOREIGN',
    `${what} has no ranges of ${names}, which are to compute in 8 bits.`,
    {
      hint: 'Calibrate with these layers among them, with --calibrate FOLDER and the same --layers, or leave them out of --layers.',
      details: { kinds: names, ...(file === undefined ? {} : { file }) },
    },
  );
}

/** Whether an order says which pictures to calibrate with; otherwise a calibration has to be there. */
export function namesPictures({ calibration }: Pick<BuildOrder, 'calibration'>): boolean {
  return calibration?.folder !== undefined || calibration?.pictures !== undefined;
}

/** Of files beside a recipe the one that it names. */
export async function calibrationBeside(files: readonly string[], recipe: Recipe): Promise<string | null> {
  const hash = quantizeStepOf(recipe)?.statistics ?? null;
  if (hash === null) return null;
  for (const file of files) if ((await readIfThis(file, hash)) !== null) return file;
  return null;
}

/** The passes after which values are collected: all in 32 bits, and nothing that ONNX Runtime has no kernel for. */
export function stepsBeforeCalibration({ passes }: Pick<Recipe, 'passes'>): PassStep[] {
  const steps: PassStep[] = [];
  for (const step of passes) {
    if (NARROWING.has(step.pass) || LEFT_OUT.has(step.pass)) continue;
    if (step.pass !== 'fuse-layernorm') steps.push(step);
    else if (!steps.some(({ pass }) => pass === 'fuse-layernorm')) steps.push({ pass: step.pass, form: 'native' });
  }
  return steps;
}

/** What follows the logits has no ranges, and what plugins swallow keeps the names of its values around them. */
const LEFT_OUT: ReadonlySet<string> = new Set(['mask-output', 'fuse-decode-head', 'fuse-mixffn']);

async function collect(
  recipe: Recipe,
  model: ModelSummary,
  order: CalibrationOrder,
  { onProgress, warn, ...place }: CalibrationPlace,
): Promise<CalibrationRecord> {
  return withCalibrateOptions(recipe, model, order, place, async (options) => {
    const result = await calibrateFolder({ ...options, onProgress });
    result.warnings.forEach(warn);
    for (const { file: name, code, message } of result.skipped) {
      warn({ code, message: `${name} was skipped: ${message}`, details: { file: name } });
    }
    return result.record;
  });
}

/** What calibrating for this recipe with the pictures of the order means; the graph is open while `work` runs. */
export async function withCalibrateOptions<T>(
  recipe: Recipe,
  model: ModelSummary,
  { folder, pictures, count, seed, file }: CalibrationOrder,
  { directory, signal, threads }: Pick<CalibrationPlace, 'directory' | 'signal' | 'threads'>,
  work: (options: CalibrateOptions) => Promise<T>,
): Promise<T> {
  return withFloatGraph(recipe, model, signal, async (graph) => {
    const form = formOf(recipe, model, describeIo(graph).input);
    const cache = file === undefined ? { directory } : { file };
    const among = folder === undefined ? { folder: folderOf(pictures ?? []), files: pictures ?? [] } : { folder };
    const how = threads === undefined ? {} : { threads };
    const kinds = SITE_KINDS.filter(
      (kind) => DEFAULT_COLLECTED.includes(kind) || quantizeStepOf(recipe)?.kinds.includes(kind) === true,
    );
    return work({ model: graph, form, ...among, count, seed, kinds, cache, signal, ...how });
  });
}

/** How pictures become the input of a recipe's network. */
export function formOf(recipe: Recipe, model: ModelSummary, input: ModelInput): InputForm {
  const { preprocessing } = pixelForm({ recipe }, model.preprocessing);
  return { input, preprocessing: { ...preprocessing, size: servedSize(preprocessing.size, { recipe }) } };
}

/** The folder that all files lie below. */
function folderOf(files: readonly string[]): string {
  const [first = '', ...others] = files.map((file) => dirname(file));
  let folder = first;
  while (dirname(folder) !== folder && !others.every((other) => `${other}${sep}`.startsWith(`${folder}${sep}`))) {
    folder = dirname(folder);
  }
  return folder;
}

/** The network as it is calibrated: rewritten, in 32 bits. */
export async function withFloatGraph<T>(
  recipe: Recipe,
  { path }: ModelSummary,
  signal: AbortSignal,
  work: (graph: OnnxModel) => Promise<T>,
): Promise<T> {
  const graph = await openModel(path);
  try {
    await applySteps(graph, stepsBeforeCalibration(recipe), { signal });
    return await work(graph);
  } finally {
    graph.close();
  }
}

/**
 * A calibration that the user named, checked against the network of a recipe and what is to compute in 8 bits; `look` sees
 * that network.
 *
 * @throws AppError FILE_NOT_FOUND, CALIBRATION_CACHE_DAMAGED, CALIBRATION_CACHE_FOREIGN
 */
export async function readCalibrationFor<T>(
  recipe: Recipe,
  model: ModelSummary,
  { file, kinds }: { readonly file: string; readonly kinds: QuantizeStep['kinds'] },
  signal: AbortSignal,
  look: (graph: OnnxModel) => T,
): Promise<{ readonly record: CalibrationRecord; readonly seen: T }> {
  const record = await readCalibration(file);
  const [hash, seen] = await withFloatGraph(recipe, model, signal, async (graph) => [hashModel(graph), look(graph)]);
  if (record.source.model !== hash) throw foreign(file, `was made for another network than ${model.name}`);
  checkKinds(record, kinds, file);
  return { record, seen };
}

async function checkGraph(
  { calibration, file }: { readonly calibration: CalibrationRecord; readonly file: string },
  recipe: Recipe,
  model: ModelSummary,
  signal: AbortSignal,
): Promise<void> {
  const hash = await withFloatGraph(recipe, model, signal, async (graph) => hashModel(graph));
  if (calibration.source.model === hash) return;
  throw foreign(file, `was made for another network than ${model.name}, or for other sizes or passes`);
}

/** @throws AppError FILE_NOT_FOUND, CALIBRATION_CACHE_DAMAGED */
async function readCalibration(file: string): Promise<CalibrationRecord> {
  const text = await readTextIfPresent(file, MOST_CALIBRATION_BYTES);
  if (text === null) {
    throw new AppError('FILE_NOT_FOUND', `The calibration ${file} cannot be found.`, { hint: 'Check the path.' });
  }
  const record = calibrationFromText(text, basename(file));
  if (record.done === record.source.pictures.length && record.inputs > 0) return record;
  throw brokenOff(file);
}

async function find(hash: string, { directory, ofEngines }: CalibrationPlace): Promise<CalibrationRecord> {
  const own = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  for (const file of [...(await ofEngines(hash)), ...own.map((name) => join(directory, name))]) {
    const record = await readIfThis(file, hash);
    if (record !== null) return record;
  }
  throw new AppError('CALIBRATION_MISSING', 'The calibration that the recipe names is not on this machine.', {
    hint: 'Put the calibration.json of its engine beside the recipe, name it with --calibration FILE, or calibrate anew with --calibrate FOLDER.',
    details: { hash },
  });
}

/** Null for a file that is missing, damaged or another one. */
async function readIfThis(file: string, hash: string): Promise<CalibrationRecord | null> {
  try {
    const record = await readCalibration(file);
    return calibrationHash(record) === hash ? record : null;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function withStatistics(recipe: Recipe, statistics: string): Recipe {
  const passes = recipe.passes.map((step) => (step.pass === 'quantize' ? { ...step, statistics } : step));
  return { ...recipe, passes };
}

/** Ranges of one network say nothing about another, even where its values have the same names. */
function checkModel({ model: of }: Recipe, { model }: Recipe): void {
  const isSame = of.sha256 === model.sha256 && of.weights.join() === model.weights.join();
  if (isSame) return;
  throw foreign('The recipe', `was calibrated with another network (${of.name}) than ${model.name}`);
}

function foreign(what: string, why: string): AppError {
  return new AppError('CALIBRATION_CACHE_FOREIGN', `${what} ${why}.`, {
    hint: 'Calibrate this very network: --calibrate FOLDER with pictures such as it will see at work.',
  });
}

function needed({ format }: QuantizeStep): AppError {
  return new AppError('CALIBRATION_NEEDED', `For ${format.toUpperCase()} the ranges of the network have to be known.`, {
    hint: 'Give a folder of pictures such as it will see at work: --calibrate FOLDER.',
  });
}
