import { z } from 'zod';
import { gpuLoadSchema } from './domain/gpu-load';
import { offerIdSchema, runtimeFamilySchema, runtimeLibrarySchema } from './domain/runtime-library';

/** What a shell may ask about TensorRT's libraries; part of the contract. */
export const runtimeCalls = {
  /** Looks everywhere again; libraries are opened in a process of their own. */
  'runtimes.list': { args: z.object({}), result: runtimeLibrarySchema },
  /** A job; its only result is the installed runtime's name. */
  'runtimes.install': {
    args: z.object({
      id: offerIdSchema,
      /** Another than the one that was tried; no checksum of ours exists for it. */
      version: z.string().optional(),
      /** The user has seen the licence. Without it the call is refused. */
      licenceAccepted: z.boolean(),
    }),
    result: z.object({ jobId: z.string() }),
  },
  'runtimes.remove': { args: z.object({ name: z.string() }), result: z.null() },
  /** Which libraries to use: a folder, a family, both, or (empty and null) whatever suits. */
  'runtimes.choose': {
    args: z.object({ directory: z.string().optional(), family: runtimeFamilySchema.nullable().optional() }),
    result: runtimeLibrarySchema,
  },
  /** What the GPUs do at this moment; read at most once a second, and only while it is asked for. Null without any. */
  'runtimes.gpuLoads': { args: z.object({}), result: z.object({ gpus: z.array(gpuLoadSchema).nullable() }) },
} as const;
