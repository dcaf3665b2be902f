import { z } from 'zod';

/** What a GPU is doing now; null for what it does not tell. */
export const gpuLoadSchema = z.object({
  index: z.int().nonnegative(),
  name: z.string(),
  /** Share of the last moment in which a kernel ran, 0–1. */
  utilisation: z.number().min(0).max(1).nullable(),
  smClockMHz: z.number().nonnegative().nullable(),
  temperatureC: z.number().nullable(),
  /** Of all programs together. */
  memoryUsedBytes: z.number().nonnegative().nullable(),
  memoryTotalBytes: z.number().nonnegative().nullable(),
});
export type GpuLoad = z.infer<typeof gpuLoadSchema>;
