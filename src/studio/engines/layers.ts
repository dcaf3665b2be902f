import { z } from 'zod';
import type { EngineLayer } from '../../shared/domain/engine-measurement';

/** What of TensorRT's inspector is read; the rest differs from version to version. */
const tensorSchema = z.object({ Name: z.string().optional(), 'Format/Datatype': z.string().optional() });
const layerSchema = z.object({
  Name: z.string(),
  LayerType: z.string().optional(),
  ParameterType: z.string().optional(),
  Inputs: z.array(tensorSchema).optional(),
  Outputs: z.array(tensorSchema).optional(),
  Metadata: z.string().optional(),
});
/** At its lowest level of detail the inspector gives names only. */
const informationSchema = z.object({ Layers: z.array(z.union([layerSchema, z.string()])) });

/** Types as they are named, the narrowest first; patterns for what TensorRT writes of them. */
const TYPES: readonly (readonly [string, RegExp])[] = [
  ['fp4', /\bfp4\b/i],
  ['int4', /\bint4\b/i],
  ['fp8', /\bfp8\b/i],
  ['int8', /\bint8\b/i],
  ['uint8', /\buint8\b/i],
  ['bool', /\bbool\b/i],
  ['bf16', /\b(bf16|bfloat16)\b/i],
  ['fp16', /\b(fp16|half|float16)\b/i],
  ['tf32', /\btf32\b/i],
  ['fp32', /\b(fp32|float|float32)\b/i],
  ['int32', /\bint32\b/i],
  ['int64', /\bint64\b/i],
];
const COMPUTED = new Set(['fp4', 'int4', 'fp8', 'int8', 'bf16', 'fp16', 'tf32', 'fp32']);

/**
 * The layers of an engine from the inspector's JSON.
 *
 * @param graphNodes names of the nodes of the graph that the engine was built from; a layer that does not say which
 *   nodes it computes is searched for them
 * @returns null for what is no layer information
 */
export function parseLayers(json: string, graphNodes: readonly string[]): EngineLayer[] | null {
  if (json.trim() === '') return [];
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    return null;
  }
  const parsed = informationSchema.safeParse(content);
  if (!parsed.success) return null;
  const known = new Set(graphNodes);
  return parsed.data.Layers.map((layer) => {
    if (typeof layer === 'string') return { ...toLayer({ Name: layer }, known) };
    return toLayer(layer, known);
  });
}

/** `fp16` of `Row major linear FP16 format`; empty where no type is told. */
export function typeOf(format: string): string {
  return TYPES.find(([, pattern]) => pattern.test(format))?.[0] ?? '';
}

/** Nodes that a layer says it computes: in its metadata, else in its name. */
export function nodesOf(name: string, metadata: string, known: ReadonlySet<string>): string[] {
  const told = [...metadata.matchAll(/\[ONNX Layer: ([^\u001e]*?)\](?=\u001e|\[|$)/g)].map((match) => match[1] ?? '');
  const nodes = told.filter((node) => node !== '');
  if (nodes.length > 0) return [...new Set(nodes)];
  // Fused layers are named after their parts: `a + b`, `PWN(a, b)`, `{ForeignNode[a...b]}`, `Reformatting … to a`.
  const parts = name.split(/\s*\+\s*|[(),[\]{}\s]+|\.\.\./);
  return [...new Set([name, ...parts].filter((part) => known.has(part)))];
}

function toLayer(layer: z.infer<typeof layerSchema>, known: ReadonlySet<string>): EngineLayer {
  const types = (tensors: z.infer<typeof tensorSchema>[] | undefined): string[] => [
    ...new Set((tensors ?? []).map((tensor) => typeOf(tensor['Format/Datatype'] ?? '')).filter((type) => type !== '')),
  ];
  const inputs = types(layer.Inputs);
  const outputs = types(layer.Outputs);
  const kind = layer.ParameterType ?? layer.LayerType ?? '';
  return {
    name: layer.Name,
    kind,
    inputs,
    outputs,
    precision: precisionOf(inputs, outputs, isReformat({ kind, name: layer.Name })),
    nodes: nodesOf(layer.Name, layer.Metadata ?? '', known),
  };
}

/** What reads 8 bits computes in them, whatever it gives; a conversion is named by what it gives. */
function precisionOf(inputs: readonly string[], outputs: readonly string[], isConversion: boolean): string {
  const eightBit = inputs.find((type) => type === 'int8' || type === 'fp8');
  if (eightBit !== undefined && !isConversion) return eightBit;
  const narrowest = (types: readonly string[]): string =>
    TYPES.map(([type]) => type).find((type) => types.includes(type) && COMPUTED.has(type)) ?? types[0] ?? '';
  const [from, to] = [narrowest(inputs), narrowest(outputs)];
  if (to === '') return from;
  return to;
}

/** Layers that only change the form of data. */
export function isReformat({ kind, name }: Pick<EngineLayer, 'kind' | 'name'>): boolean {
  return /reformat|reorder|noop|shuffle|cast|copy/i.test(kind) || /^reformat/i.test(name);
}
