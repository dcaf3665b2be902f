import { z } from 'zod';

const fields = {
  format: z.literal(1),
  theme: z.enum(['system', 'light', 'dark']),
  language: z.enum(['system', 'en', 'zh-CN']),
  lastModelId: z.string().nullable(),
  recentFiles: z.array(z.string()),
  exportDirectory: z.string().nullable(),
};

/** What the studio remembers between starts. Unknown keys of newer versions are kept. */
export const settingsSchema = z.looseObject({
  format: fields.format.default(1),
  theme: fields.theme.default('system'),
  language: fields.language.default('system'),
  lastModelId: fields.lastModelId.default(null),
  recentFiles: fields.recentFiles.default([]),
  exportDirectory: fields.exportDirectory.default(null),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Some settings. Not `settingsSchema.partial()`: that would fill in what is left out, and reset it. */
export const settingsChangeSchema = z.looseObject(fields).partial();
