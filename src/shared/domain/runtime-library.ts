import { z } from 'zod';
import { licenceSchema } from './model';
import { runtimeStatusSchema } from './runtime';

/** What `runtimes.install` can fetch. */
export const offerIdSchema = z.enum(['rtx', 'tensorrt']);
export type OfferId = z.infer<typeof offerIdSchema>;

export const runtimeFamilySchema = z.enum(['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx']);

/** The graphics card and its driver, as far as they can be told without CUDA's toolkit. */
export const gpuStateSchema = z.object({
  state: z.enum(['ready', 'no-card', 'no-driver', 'driver-too-old', 'no-device', 'unsupported', 'broken']),
  devices: z.array(
    z.object({
      name: z.string(),
      /** Such as 90 for 9.0; null where nothing tells. */
      computeCapability: z.int().nullable(),
      memoryBytes: z.number().nonnegative(),
    }),
  ),
  /** Such as `580.65.06`; empty where nothing tells. */
  driver: z.string(),
  /** Newest CUDA that the driver serves, such as `13.0`; empty where nothing tells. */
  cuda: z.string(),
  /** One sentence. */
  found: z.string(),
  lookedAt: z.array(z.string()),
  /** What to do; empty when ready. */
  remedy: z.string(),
});
export type GpuState = z.infer<typeof gpuStateSchema>;

/** One family's libraries in one place. */
export const foundRuntimeSchema = z.object({
  family: runtimeFamilySchema,
  name: z.string(),
  version: z.string(),
  directory: z.string(),
  /** What named the place: `MASKFORGE_TENSORRT`, `pip (python3)`, … */
  source: z.string(),
  /** `builds`: builds and runs engines; `builds-only`: without a GPU; `runs`: runs them only; the others do nothing. */
  state: z.enum(['builds', 'builds-only', 'runs', 'unserved', 'incomplete', 'broken']),
  /** The one that is used. */
  chosen: z.boolean(),
  /** Whole sentences; empty when all is well. */
  problems: z.array(z.string()),
  /** Name for `runtimes.remove`; null where it was not installed by Maskforge. */
  installedAs: z.string().nullable(),
});
export type FoundRuntime = z.infer<typeof foundRuntimeSchema>;

export const searchedPlaceSchema = z.object({
  kind: z.enum(['setting', 'environment', 'application', 'python', 'loader', 'system']),
  source: z.string(),
  path: z.string(),
  outcome: z.enum(['found', 'nothing', 'absent', 'unreadable', 'not-named']),
  findings: z.array(z.string()),
});

export const runtimeOfferSchema = z.object({
  id: offerIdSchema,
  name: z.string(),
  version: z.string(),
  /** To fetch, and on the disk afterwards. */
  downloadBytes: z.number().nonnegative(),
  diskBytes: z.number().nonnegative(),
  /** Compute capabilities, as a person writes them: `8.0, 8.6, 8.9, 12.x`. */
  serves: z.string(),
  /** Whole sentence about whom it suits. */
  summary: z.string(),
  licence: licenceSchema,
  /** Serves the card of this machine; null while none is known. */
  suitsDevice: z.boolean().nullable(),
  /** Why it cannot be installed on this machine; empty where it can. */
  unavailable: z.string(),
  /** Names for `runtimes.remove`. */
  installed: z.array(z.string()),
});
export type RuntimeOffer = z.infer<typeof runtimeOfferSchema>;

export const runtimeLibrarySchema = z.object({
  gpu: gpuStateSchema,
  /** What our own native build made: the addon (or why it cannot be used), and libraries beside it, by file name. */
  addon: z.object({
    file: z.string().nullable(),
    problem: z.string(),
    backends: z.array(z.string()),
    plugins: z.array(z.string()),
  }),
  /** What a build with the runtime `auto` takes here; null where a GPU is without a TensorRT that serves it. */
  automatic: z.union([runtimeFamilySchema, z.literal('onnxruntime')]).nullable(),
  /** Runtimes that need no installation; ONNX Runtime builds engines as well. */
  embedded: z.array(runtimeStatusSchema),
  found: z.array(foundRuntimeSchema),
  places: z.array(searchedPlaceSchema),
  offers: z.array(runtimeOfferSchema),
  /** What the user chose; empty and null where the studio chooses. */
  choice: z.object({ directory: z.string(), family: runtimeFamilySchema.nullable() }),
});
export type RuntimeLibrary = z.infer<typeof runtimeLibrarySchema>;
