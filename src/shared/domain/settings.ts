import { z } from 'zod';

/** What the studio remembers between starts. Unknown keys of newer versions are kept. */
export const settingsSchema = z.looseObject({
  format: z.literal(1).default(1),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  language: z.enum(['system', 'en', 'zh-CN']).default('system'),
  lastModelId: z.string().nullable().default(null),
  recentFiles: z.array(z.string()).default([]),
  exportDirectory: z.string().nullable().default(null),
});
export type Settings = z.infer<typeof settingsSchema>;
