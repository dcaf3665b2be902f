import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import type { ModelManifest } from '../../shared/domain/model';
import { licenceSchema, modelManifestSchema, outputKindSchema } from '../../shared/domain/model';

/** Nobody finds a misspelt key that is silently ignored, so here every unknown key is an error. */
const strictManifestSchema = modelManifestSchema
  .extend({
    output: z.strictObject({ kind: outputKindSchema, name: z.string().optional() }).optional(),
    licence: licenceSchema.strict().optional(),
  })
  .strict();

const KNOWN_KEYS = [
  'format,name,file,labels,preprocessing,output,licence,provenance',
  'id,color,size,resample,channelOrder,scale,mean,std',
  'mode,width,height,fill,overlap,multipleOf,maxSide,kind,url,text',
]
  .join()
  .split(',');

/** Reads the text of a `model.json`. Throws MODEL_MANIFEST_INVALID naming the file, the key and the remedy. */
export function parseManifest(text: string, file: string): ModelManifest {
  const parsed = strictManifestSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw invalidManifest(parsed.error, file);
  const manifest: ModelManifest = parsed.data;
  const seen = new Set<number>();
  for (const [index, label] of (manifest.labels ?? []).entries()) {
    if (seen.has(label.id)) {
      throw manifestError(
        file,
        `labels[${index}].id`,
        `the class id ${label.id} is given twice`,
        'Give each class its own id.',
      );
    }
    seen.add(label.id);
  }
  if (manifest.file !== undefined && !isPlainRelative(manifest.file)) {
    throw manifestError(
      file,
      'file',
      `"${manifest.file}" leads out of the folder`,
      'Put the ONNX file beside model.json, or into a folder below it.',
    );
  }
  return manifest;
}

/** Valid JSON, or an error that says where it stops being valid. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new AppError('MODEL_MANIFEST_INVALID', `${file} is not valid JSON: ${what}${lineOf(text, what)}.`, {
      hint: 'Correct the file; a JSON checker shows the place.',
      cause: error,
      details: { file },
    });
  }
}

/** `labels[3].color` for ['labels', 3, 'color']. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

function invalidManifest(error: z.ZodError, file: string): AppError {
  const issue = error.issues[0];
  const rest = error.issues.length - 1;
  const more = rest > 0 ? ` (and ${rest} more ${rest === 1 ? 'problem' : 'problems'})` : '';
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const full = keyPath([...issue.path, key]);
    const near = nearestKey(key);
    return manifestError(
      file,
      full,
      `there is no key of that name${more}`,
      near === null ? `Remove "${full}".` : `Did you mean "${near}"? Otherwise remove "${full}".`,
    );
  }
  const key = keyPath(issue?.path ?? []);
  const what = `${lowerFirst((issue?.message ?? 'invalid').replace(/^Invalid input: /, ''))}${more}`;
  return manifestError(
    file,
    key,
    what,
    `Correct ${key === '' ? 'the file' : `"${key}"`}; docs/models.md describes the format.`,
  );
}

function manifestError(file: string, key: string, what: string, hint: string): AppError {
  return new AppError(
    'MODEL_MANIFEST_INVALID',
    `${file} is not a valid model description: ${key === '' ? '' : `"${key}": `}${what}.`,
    {
      hint,
      details: { file, key },
    },
  );
}

function isPlainRelative(path: string): boolean {
  const parts = path.split(/[\\/]/);
  return path !== '' && !/^([\\/]|[A-Za-z]:)/.test(path) && !parts.includes('..');
}

function lineOf(text: string, message: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined || message.includes('line ')) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function nearestKey(wrong: string): string | null {
  const ranked = KNOWN_KEYS.map((key) => ({ key, edits: editDistance(key.toLowerCase(), wrong.toLowerCase()) }));
  ranked.sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(1, Math.floor(wrong.length / 3)) ? best.key : null;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
