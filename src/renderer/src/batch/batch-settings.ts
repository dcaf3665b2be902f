import { z } from 'zod';
import { batchExistingSchema } from '../../../shared/batch-contract';

/** What the dialog remembers from one time to the next. */
const settingsSchema = z.object({
  input: z.string().default(''),
  /** Null: a folder below the pictures. */
  output: z.string().nullable().default(null),
  recursive: z.boolean().default(true),
  keepFolders: z.boolean().default(true),
  existing: batchExistingSchema.default('resume'),
});
export type BatchSettings = z.output<typeof settingsSchema>;

const storageKey = 'maskforge.batch';

export function rememberedSettings(): BatchSettings {
  try {
    return settingsSchema.parse(JSON.parse(window.localStorage.getItem(storageKey) ?? '{}'));
  } catch {
    return settingsSchema.parse({});
  }
}

export function rememberSettings(settings: BatchSettings): void {
  window.localStorage.setItem(storageKey, JSON.stringify(settings));
}

/** Where masks go: what was chosen, else `masks` below the pictures, which the batch does not look into. */
export function outputOf({ input, output }: Pick<BatchSettings, 'input' | 'output'>): string {
  if (output !== null && output !== '') return output;
  if (input === '') return '';
  const separator = input.includes('\\') && !input.includes('/') ? '\\' : '/';
  return `${input.replace(/[\\/]+$/, '')}${separator}masks`;
}
