import { z } from 'zod';
import { licenceSchema } from './model';

/** A model that can be fetched from a hub. Sizes are what the hub said last, 0 while unknown. */
export const catalogueEntrySchema = z.object({
  /** `owner/name` on the hub. */
  repo: z.string(),
  title: z.string(),
  family: z.string(),
  dataset: z.string(),
  classes: z.int().positive(),
  inputSize: z.string(),
  files: z.array(z.object({ path: z.string(), sizeBytes: z.int().nonnegative(), precision: z.string() })),
  licence: licenceSchema,
  /** Model id when it is already in the library. */
  installedAs: z.string().nullable(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntrySchema>;
