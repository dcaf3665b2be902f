import type { NodeProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import type { ShapeTable } from './infer-shapes';
import { shapesOf } from './infer-shapes';
import type { OnnxModel } from './model';
import { modelToBytes } from './model-write';
import { attributeGraphs, isStandardDomain } from './node';
import { createSession, isOrtType, tensorToConstant } from './ort';
import { cutModel } from './subgraph';
import { constantToTensor, tensorByteLength } from './tensor';
import type { Constant } from './tensor';
import { packedByteLength } from './data-type';

/**
 * Random by definition; or, for quantised weights, the small form that folding would blow up to floats.
 */
const NEVER_FOLDED = new Set(
  [
    'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike',
    'QuantizeLinear DequantizeLinear DynamicQuantizeLinear Constant',
  ]
    .join(' ')
    .split(' '),
);

/** A result may be this large whatever it was made from; past it, folding must not make the file grow. */
const ALWAYS_WORTH_BYTES = 64 * 1024;

/**
 * Evaluates what does not depend on any input, in one run of ONNX Runtime, and puts initialisers in its place. Values
 * that would take more room than what they are made from stay as they are.
 *
 * @returns the nodes that are gone.
 */
export async function foldConstants(model: OnnxModel): Promise<NodeProto[]> {
  const { graph } = model;
  const foldable = findFoldable(graph, shapesOf(graph));
  if (foldable.size === 0) return [];
  const results = [...foldable].flatMap(({ output }) =>
    output.filter((value) => value !== '' && graph.consumers(value).some((node) => !foldable.has(node))),
  );
  const before = new Set(graph.nodes);
  for (const [name, constant] of await evaluate(model, results)) {
    const replacement = graph.uniqueName(`${name}_folded`);
    graph.setInitializer(constantToTensor(replacement, constant));
    graph.replaceAllUses(name, replacement);
  }
  graph.removeDeadNodes();
  return [...before].filter((node) => !graph.has(node));
}

function findFoldable(graph: Graph, shapes: ShapeTable): Set<NodeProto> {
  graph.sort();
  const constants = new Set<string>(graph.initializers.keys());
  const foldable = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const isConstantNode = node.opType === 'Constant' && isStandardDomain(node.domain);
    if (!isConstantNode) {
      if (!isFoldable(graph, node, constants, shapes)) continue;
      foldable.add(node);
    }
    for (const value of node.output) constants.add(value);
  }
  return foldable;
}

function isFoldable(graph: Graph, node: NodeProto, constants: ReadonlySet<string>, shapes: ShapeTable): boolean {
  if (!isStandardDomain(node.domain) || NEVER_FOLDED.has(node.opType) || attributeGraphs(node).length > 0) return false;
  if (!node.input.every((value) => value === '' || constants.has(value))) return false;
  if (node.output.some((value) => graph.isOutput(value))) return false;
  let inputBytes = 0;
  for (const value of node.input) inputBytes += byteLength(graph, shapes, value) ?? 0;
  let outputBytes = 0;
  for (const value of node.output) {
    if (value === '') continue;
    if (!isOrtType(shapes.elementType(value))) return false;
    outputBytes += byteLength(graph, shapes, value) ?? Infinity;
  }
  return outputBytes <= Math.max(ALWAYS_WORTH_BYTES, inputBytes * 1.01);
}

function byteLength(graph: Graph, shapes: ShapeTable, value: string): number | undefined {
  const tensor = graph.initializers.get(value);
  if (tensor !== undefined) return tensorByteLength(tensor);
  const type = shapes.type(value);
  let count = 1;
  for (const dim of type?.dims ?? [Number.NaN]) count *= typeof dim === 'number' ? dim : Number.NaN;
  return type === undefined || Number.isNaN(count) ? undefined : packedByteLength(type.type, count);
}

/** What ONNX Runtime computes for the values; those are missing that it cannot compute. */
async function evaluate(model: OnnxModel, values: readonly string[]): Promise<Map<string, Constant>> {
  const found = new Map<string, Constant>();
  if (values.length === 0) return found;
  try {
    const session = await createSession(modelToBytes(cutModel(model, { inputs: [], outputs: values })));
    try {
      for (const [name, tensor] of Object.entries(await session.run({}))) {
        const constant = tensorToConstant(tensor);
        if (constant !== undefined) found.set(name, constant);
      }
    } finally {
      await session.release();
    }
  } catch {
    // One operator that this runtime lacks must not keep the others from being folded: look for it by halves.
    if (values.length === 1) return found;
    const middle = values.length >> 1;
    for (const half of [values.slice(0, middle), values.slice(middle)]) {
      for (const [name, constant] of await evaluate(model, half)) found.set(name, constant);
    }
  }
  return found;
}
