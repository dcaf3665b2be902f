import { z } from 'zod';

export const runtimeIdSchema = z.enum(['onnxruntime', 'tensorrt', 'triton']);
export type RuntimeId = z.infer<typeof runtimeIdSchema>;

export const runtimeStatusSchema = z.object({
  id: runtimeIdSchema,
  name: z.string(),
  version: z.string(),
  available: z.boolean(),
  /** For example `CPU · 2 threads` or `NVIDIA H200`. */
  devices: z.array(z.string()),
  /** Why it is not available, and how to get it; empty when it is. */
  reason: z.string(),
});
export type RuntimeStatus = z.infer<typeof runtimeStatusSchema>;

export const sessionInfoSchema = z.object({
  id: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  runtime: runtimeIdSchema,
  runtimeVersion: z.string(),
  device: z.string(),
  /** `FP32`, `FP16`, `INT8`, …: of the graph that runs. */
  precision: z.string(),
  threads: z.int().nonnegative(),
  /** Said to the user when the work runs on a slower device than they may think; else null. */
  fallback: z.string().nullable(),
  /** Nanoseconds from the file to the first usable state, warm-up included. */
  openedIn: z.number().nonnegative(),
});
export type SessionInfo = z.infer<typeof sessionInfoSchema>;

/** One line of `maskforge doctor`. */
export const doctorItemSchema = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(['ok', 'warning', 'missing']),
  found: z.string(),
  lookedAt: z.array(z.string()),
  remedy: z.string(),
});
export type DoctorItem = z.infer<typeof doctorItemSchema>;
