import { z } from 'zod';
import type { EngineLayer } from '../../shared/domain/engine-measurement';
import { engineLayerSchema } from '../../shared/domain/engine-measurement';
import type { ProfiledKernel } from '../../runtimes/onnxruntime/graph-profile';
import { nodesOf } from './layers';

const fileSchema = z.object({
  format: z.literal(1),
  runtime: z.literal('onnxruntime'),
  layers: z.array(engineLayerSchema),
});

/** Names of types as ONNX Runtime tells them, and as layers do. What is missing keeps its name. */
const TYPES: Readonly<Record<string, string>> = { float: 'fp32', float16: 'fp16', bfloat16: 'bf16', double: 'fp64' };
/** They give another type than they read, or another form, and compute nothing. */
const CONVERSIONS = new Set(['Cast', 'QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear']);
const MOVES = /^(?:Reorder|Reshape|Transpose|Concat|Slice|Gather|Split|Squeeze|Unsqueeze|Expand|Shape|Identity|Pad)/;

/** Kernels as layers: each with what it computes in, and the nodes of the rewritten graph whose names it bears. */
export function kernelLayers(kernels: readonly ProfiledKernel[], graphNodes: readonly string[]): EngineLayer[] {
  const known = new Set(graphNodes);
  return kernels.map(({ name, op, inputs, outputs }) => {
    const [from, to] = [inputs.map(typeName), outputs.map(typeName)];
    return {
      name,
      kind: op,
      inputs: from,
      outputs: to,
      precision: precisionOf(op, from, to),
      nodes: ownNodes(name, known),
    };
  });
}

export function kernelLayersToText(layers: readonly EngineLayer[]): string {
  return `${JSON.stringify({ format: 1, runtime: 'onnxruntime', layers }, null, 1)}\n`;
}

/** Null for what is no description of kernels. */
export function kernelLayersFromText(text: string): EngineLayer[] | null {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.layers : null;
  } catch {
    return null;
  }
}

/** Whether a layer only changes the form or the type of data. */
export function isConversion({ kind }: Pick<EngineLayer, 'kind'>): boolean {
  return CONVERSIONS.has(kind) || MOVES.test(kind);
}

/** 8 bits where it reads them and computes; else what it gives. Zero points and sizes beside the data do not count. */
function precisionOf(op: string, inputs: readonly string[], outputs: readonly string[]): string {
  const reads8 = inputs.some((type) => type === 'int8' || type === 'uint8');
  if (reads8 && !isConversion({ kind: op })) return 'int8';
  return outputs[0] ?? inputs[0] ?? '';
}

function typeName(type: string): string {
  return TYPES[type] ?? type;
}

/** Fused kernels bear the name of one of their nodes with something at its end. */
function ownNodes(name: string, known: ReadonlySet<string>): string[] {
  const exact = nodesOf(name, '', known);
  if (exact.length > 0) return exact;
  for (let end = name.length - 1; end > 0; end -= 1) if (known.has(name.slice(0, end))) return [name.slice(0, end)];
  return [];
}
