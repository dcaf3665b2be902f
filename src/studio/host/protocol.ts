import { z } from 'zod';
import { errorReportSchema } from '../../shared/domain/job';

/**
 * What the program and its engine host say to each other besides the contract. On the desktop a client's messages go
 * through a port of their own; everywhere else, and for the program itself, they travel as `data` of a client number.
 */
const client = z.int().nonnegative();

/** What a fresh host needs to go on where a crashed one stopped. */
export const workspaceSchema = z.object({
  /** Pictures that were on the film strip and lie in a file. Ids are those the shells know. */
  pictures: z.array(z.object({ id: z.string(), name: z.string(), path: z.string() })),
  /** The last engine that was opened, if it is still open. */
  session: z
    .object({
      id: z.string(),
      modelId: z.string(),
      runtime: z.string(),
      threads: z.int(),
      engineId: z.string().optional(),
      /** A new host is still opening it again. */
      reopening: z.literal(true).optional(),
    })
    .nullable(),
});
export type Workspace = z.infer<typeof workspaceSchema>;

export const toHostSchema = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('start'),
    dataDirectory: z.string(),
    resourcesDirectory: z.string(),
    /** True for the terminal, whose user could read the files anyway. */
    unrestricted: z.boolean(),
    grants: z.array(z.string()),
    workspace: workspaceSchema,
    /** Pictures that were in work when the last host crashed: not tried again unless asked to. */
    suspects: z.array(z.string()),
  }),
  z.object({ t: z.literal('grant'), paths: z.array(z.string()) }),
  z.object({ t: z.literal('open'), client }),
  z.object({ t: z.literal('data'), client, message: z.unknown() }),
  z.object({ t: z.literal('close'), client }),
  z.object({ t: z.literal('stop') }),
]);
export type ToHost = z.infer<typeof toHostSchema>;

export const fromHostSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('ready') }),
  /** The studio could not be made: no crash, and starting again by itself would not help. */
  z.object({ t: z.literal('failed'), error: errorReportSchema }),
  z.object({ t: z.literal('data'), client, message: z.unknown() }),
  z.object({ t: z.literal('workspace'), workspace: workspaceSchema }),
  /** Pictures a network is working on right now. */
  z.object({ t: z.literal('working'), pictureIds: z.array(z.string()) }),
  /** The GPU needs another process: this one is about to end. */
  z.object({ t: z.literal('lost') }),
]);
export type FromHost = z.infer<typeof fromHostSchema>;

/** With this a host ends that has lost its GPU. */
export const deviceLostExitCode = 75;
