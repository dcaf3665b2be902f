import { z } from 'zod';
import { errorReportSchema } from '../../shared/domain/job';
import { modelInputSchema, modelOutputSchema } from '../../shared/domain/model';

/** What the library needs to know of an ONNX file, in a form that can be kept in the index. */
export const graphDescriptionSchema = z.object({
  irVersion: z.int(),
  opset: z.int(),
  producer: z.string(),
  input: modelInputSchema,
  /** The outputs that can be a mask; the first is taken unless `model.json` names another. */
  outputs: z.array(modelOutputSchema).min(1),
  /** `metadata_props` of the file. */
  metadata: z.record(z.string(), z.string()),
  /** What reading the graph had to assume. */
  notes: z.array(errorReportSchema).default([]),
});
export type GraphDescription = z.infer<typeof graphDescriptionSchema>;

/** Rejects with a coded AppError when the file is no ONNX network with one image in and one mask out. */
export type DescribeGraph = (path: string) => Promise<GraphDescription>;
