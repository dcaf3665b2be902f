import { AppError } from '../../../shared/app-error';
import type { BuildOrderInput, Recipe } from '../../../shared/domain/engine';
import { recipeSchema } from '../../../shared/domain/engine';
import { i18n } from '../i18n/i18n';
import { enterMode } from '../modes/mode-store';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { jobsStore } from '../state/jobs-store';
import { libraryStore } from '../state/library-store';
import { studio } from '../studio-client/studio';
import { picturesStore } from '../state/pictures-store';
import { recipeFileName } from './build-command';
import type { BuildDraft } from './build-draft';
import { defaultDraft, draftOfRecipe, orderOf, roughOrderOf } from './build-draft';
import type { BuildStep } from './build-store';
import { buildStore, buildSteps, setBuild } from './build-store';
import { stripOf } from './strip-pictures';

/** Whether what a step needs from the ones before it is there. */
export function canEnter(step: BuildStep): boolean {
  const { modelId, draft, engineId } = buildStore.getState();
  if (step === 'model') return true;
  if (step === 'verify') return engineId !== null;
  if (modelId === null) return false;
  if (step === 'fixes' || step === 'shapes') return true;
  return (step === 'build' ? currentOrder(draft) : roughOrderOf(draft)) !== null;
}

/** With the pictures that are on the film strip now. */
export function currentOrder(draft: BuildDraft): BuildOrderInput | null {
  return orderOf(draft, stripOf(picturesStore.getState()));
}

export function enterStep(step: BuildStep): void {
  if (canEnter(step)) setBuild({ view: 'wizard', step });
}

export function nextStep(by: 1 | -1): void {
  const { step, draft } = buildStore.getState();
  const steps = buildSteps(draft);
  const next = steps[steps.indexOf(step) + by];
  if (next !== undefined) enterStep(next);
}

/** Starts the build that the wizard describes. */
export async function startBuild(): Promise<void> {
  const { modelId, draft } = buildStore.getState();
  const order = currentOrder(draft);
  if (modelId !== null && order !== null) await build(modelId, order);
}

/** A job that the last steps follow; with others under way it waits for its turn. */
export async function build(modelId: string, order: BuildOrderInput): Promise<void> {
  try {
    const { jobId } = await studio.call('engines.build', { modelId, order });
    setBuild({ view: 'wizard', step: 'build', jobId, engineId: null, modelId });
  } catch (error) {
    reportError(error);
  }
}

/** What was chosen stays; the next engine is another. */
export function anotherBuild(): void {
  setBuild({ view: 'wizard', step: 'model', jobId: null, engineId: null });
}

export function resetDraft(): void {
  setBuild({ draft: defaultDraft });
}

/** The wizard at the build that a job does. */
export function showJob(jobId: string): void {
  const job = jobsStore.getState().jobs.find(({ id }) => id === jobId);
  if (job?.kind === 'tune') {
    setBuild({ tuneJobId: jobId });
    return enterStep('calibration');
  }
  const engineId = job?.state === 'done' ? (job.results[0] ?? null) : null;
  setBuild({ view: 'wizard', step: 'build', jobId, engineId });
}

export function showEngine(engineId: string): void {
  enterMode('build');
  setBuild({ view: 'wizard', step: 'verify', engineId });
}

export function showEngines(): void {
  enterMode('build');
  setBuild({ view: 'engines' });
}

/** The wizard with everything as the recipe has it. */
export function openRecipe(recipe: Recipe, modelId: string | null): void {
  const { modelId: chosen } = buildStore.getState();
  const step = (modelId ?? chosen) === null ? 'model' : 'fixes';
  setBuild({
    view: 'wizard',
    step,
    draft: draftOfRecipe(recipe),
    jobId: null,
    engineId: null,
    ...(modelId === null ? {} : { modelId }),
  });
}

/** @throws AppError RECIPE_INVALID that names the file and the place in it */
export function readRecipe(text: string, file: string): Recipe {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, i18n.t('build.recipe.noJson'), cause);
  }
  if (isNewer(content)) throw invalid(file, i18n.t('build.recipe.newer'));
  const parsed = recipeSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(file, [issue?.path.join('.') ?? '', issue?.message ?? ''].filter((part) => part !== '').join(': '));
}

function isNewer(content: unknown): boolean {
  const format: unknown =
    typeof content === 'object' && content !== null && 'format' in content ? content.format : null;
  return typeof format === 'number' && format > recipeSchema.shape.format.value;
}

function invalid(file: string, why: string, cause?: unknown): AppError {
  return new AppError('RECIPE_INVALID', i18n.t('build.recipe.invalid', { file, why }), {
    hint: i18n.t('build.recipe.invalidHint'),
    cause,
    details: { file },
  });
}

export async function openRecipeFile(): Promise<void> {
  const file = await pickJson();
  if (file === null) return;
  try {
    openRecipe(readRecipe(await file.text(), file.name), modelFor(await file.text()));
  } catch (error) {
    reportError(error, { subject: file.name });
  }
}

/** The recipe's own model, where the library has one of its name; the chosen one otherwise. */
function modelFor(text: string): string | null {
  const { name } = recipeSchema.parse(JSON.parse(text)).model;
  return libraryStore.getState().models.find((model) => model.name === name)?.id ?? null;
}

export function pickJson(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.json';
    // Kept in the document so that a test can reach it while the dialog is open.
    input.hidden = true;
    document.body.append(input);
    const finish = (): void => {
      input.remove();
      resolve(input.files?.[0] ?? null);
    };
    input.addEventListener('change', finish, { once: true });
    input.addEventListener('cancel', finish, { once: true });
    input.click();
  });
}

/** As the studio would write it, for another machine, another day or the terminal. */
export async function saveRecipe(): Promise<void> {
  const { modelId, draft } = buildStore.getState();
  const order = currentOrder(draft);
  if (modelId === null || order === null) return;
  try {
    downloadRecipe(await studio.call('engines.draft', { modelId, order }));
  } catch (error) {
    reportError(error);
  }
}

export function downloadRecipe(recipe: Recipe): void {
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  const name = recipeFileName(recipe.model.name, recipe.precision);
  shell.download(name, 'application/json', new TextEncoder().encode(text));
}
