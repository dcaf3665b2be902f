import type { ImageShape } from '../../../shared/domain/engine';
import { knownPath } from '../shell/known-path';
import type { BuildDraft } from './build-draft';
import { needsCalibration, roughOrderOf } from './build-draft';
import { countOf, defaultCalibration, seedOf } from './calibration-draft';

/**
 * The command of the terminal that builds the same; null while the sizes are not valid.
 *
 * @param stripFolder where the pictures of the film strip lie; null where that is not one folder
 */
export function buildCommand(modelId: string, draft: BuildDraft, stripFolder: string | null): string | null {
  const order = roughOrderOf(draft);
  if (order === null) return null;
  const parts = ['maskforge build', quoted(modelId)];
  const calibration = needsCalibration(draft) ? calibrationPart(draft, stripFolder) : [];
  if (draft.recipe !== null && draft.tuned !== null) {
    const { file, point } = draft.tuned;
    return [...parts, '--keep-from', quoted(`${file}#${point}`), ...runtimePart(draft)].join(' ');
  }
  if (draft.recipe !== null) {
    parts.push('--recipe', quoted(recipeFileName(draft.recipe.model.name, draft.recipe.precision)));
    return [...parts, ...calibration, ...runtimePart(draft)].join(' ');
  }
  const { shapes, layerNorm, pluginOnly, plugins, targets = [], level } = order;
  if (draft.precision !== null) parts.push('--precision', draft.precision);
  if (shapes !== undefined) {
    const { min, opt, max } = shapes;
    if (draft.shapes === 'static') parts.push('--shapes', shapeText(opt));
    else parts.push('--min', shapeText(min), '--opt', shapeText(opt), '--max', shapeText(max));
  }
  if (layerNorm === 'keep') parts.push('--layernorm keep');
  if (layerNorm === 'plugin') {
    parts.push('--layernorm', pluginOnly === undefined ? 'plugin' : quoted(`plugin:${pluginOnly.join(',')}`));
  }
  if (!draft.foldHead) parts.push('--no-fold-head');
  if (plugins !== undefined && plugins !== 'auto') parts.push('--plugins', pluginText(plugins));
  if (draft.imageInput) parts.push('--image-input');
  if (draft.maskOutput) parts.push('--mask-output');
  parts.push(...calibration, ...runtimePart(draft));
  if (targets.length > 0) parts.push('--target', targets.map((target) => `sm_${target}`).join(','));
  if (level !== null && level !== undefined) parts.push('--level', String(level));
  return parts.join(' ');
}

/** The command that finds out which blocks bear 8 bits; null while sizes or target are not valid. */
export function tuneCommand(
  modelId: string,
  draft: BuildDraft,
  stripFolder: string | null,
  target: number | null,
): string | null {
  const hasPictures = draft.calibration.source === 'strip' || draft.calibration.source === 'folder';
  const build = draft.recipe === null && hasPictures ? buildCommand(modelId, draft, stripFolder) : null;
  if (build === null || target === null) return null;
  const command = build
    .replace('maskforge build', 'maskforge tune')
    .replace('--precision', '--format')
    .replace('--calibrate', '--images');
  return `${command} --target-agreement ${target}`;
}

export function verifyCommand(engineId: string, folder: string | null): string {
  return `maskforge verify ${engineId} --images ${quoted(folder ?? 'FOLDER')}`;
}

/** `street-fp16.recipe.json` */
export function recipeFileName(modelName: string, precision: string): string {
  const base = modelName.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-+|-+$/g, '');
  return `${base === '' ? 'engine' : base}-${precision}.recipe.json`;
}

export function shapeText({ batch, height, width }: ImageShape): string {
  return `${batch}x3x${height}x${width}`;
}

/** Where the pictures are, and what differs from the defaults. */
function calibrationPart({ calibration, recipe }: BuildDraft, stripFolder: string | null): string[] {
  const { source, folder, file, method, keep, kinds } = calibration;
  const parts: string[] = [];
  if (source === 'file') parts.push('--calibration', quoted(file?.name ?? 'FILE'));
  if (source === 'folder' || source === 'strip') {
    parts.push('--calibrate', quoted(knownPath((source === 'folder' ? folder : stripFolder) ?? 'FOLDER')));
    const [count, seed] = [countOf(calibration.count), seedOf(calibration.seed)];
    if (count !== null && calibration.count !== defaultCalibration.count) parts.push('--count', String(count));
    if (seed !== null && calibration.seed !== defaultCalibration.seed) parts.push('--seed', String(seed));
  }
  if (recipe !== null) return parts;
  if (method !== defaultCalibration.method) parts.push('--method', method);
  if (keep.length > 0) parts.push('--keep', quoted(keep.join(';')));
  if (kinds !== null) parts.push('--layers', kinds.length === 0 ? 'KINDS' : kinds.join(','));
  return parts;
}

function pluginText(parts: readonly string[]): string {
  if (parts.length === 0) return 'none';
  return parts.length > 1 ? 'both' : (parts[0] ?? 'none');
}

function runtimePart({ runtime }: BuildDraft): string[] {
  return runtime === 'auto' ? [] : ['--runtime', runtime];
}

function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
