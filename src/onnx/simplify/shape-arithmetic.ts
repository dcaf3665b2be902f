import { DataType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import { attributeInt, isOp, isStandardDomain } from '../node';
import type { Dim } from '../symbolic';
import { formatDim, isUnknown, sameDim } from '../symbolic';
import type { NodeRule, SimplifyContext } from './rewrite';

const WHOLE: ReadonlySet<number> = new Set([DataType.INT64, DataType.INT32, DataType.BOOL]);

/** A small value that follows from sizes that are fixed: `Shape` of a weight, the channel count of an input. */
export const writeKnownValue: NodeRule = ({ graph, shapes }, node) => {
  if (!isStandardDomain(node.domain) || node.opType === 'Constant' || node.output.length !== 1) return false;
  const [value = ''] = node.output;
  const type = shapes.elementType(value);
  const numbers = allNumbers(shapes.values(value));
  const dims = allNumbers(shapes.dims(value));
  if (numbers === undefined || dims === undefined || !WHOLE.has(type) || graph.isOutput(value)) return false;
  if (!graph.isUsed(value)) return false;
  graph.replaceAllUses(value, graph.addInitializer(`${value}_known`, type, dims, numbers));
  return true;
};

/**
 * A Reshape's target that is computed at run time, written as numbers with 0 (copy this size) and one -1 (the rest),
 * where that says the same for every input size.
 */
export const writeReshapeTarget: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'Reshape') || graph.isConstant(node.input[1]) || attributeInt(node, 'allowzero', 0) !== 0)
    return false;
  const target = shapes.values(node.input[1]);
  const source = shapes.dims(node.input[0]);
  if (target === undefined || source === undefined) return false;
  const written = target.map((dim, index): number | undefined => {
    if (typeof dim === 'number') return dim;
    const from = source[index];
    return from !== undefined && sameDim(from, dim) ? 0 : undefined;
  });
  // A size that is 0 in truth would be read as a copy.
  if (target.includes(0)) return false;
  const open = written.filter((dim) => dim === undefined || dim === -1).length;
  if (open > 1) return false;
  const numbers = written.map((dim) => dim ?? -1);
  graph.setInput(node, 1, graph.addInitializer('shape', DataType.INT64, [numbers.length], numbers));
  return true;
};

/** Shape arithmetic that was done before, on another tensor: the first result serves all. */
export function mergeEqualSizes(context: SimplifyContext): NodeProto[] {
  const { graph, shapes } = context;
  graph.sort();
  const first = new Map<string, string>();
  const merged: NodeProto[] = [];
  for (const node of graph.nodes) {
    const [value] = node.output;
    if (node.output.length !== 1 || value === undefined || graph.isOutput(value) || !isStandardDomain(node.domain))
      continue;
    const values = shapes.values(value);
    const dims = shapes.dims(value);
    if (values === undefined || dims === undefined || values.length === 0) continue;
    if (values.some(isUnknown) || values.every((dim) => typeof dim === 'number') || !graph.isUsed(value)) continue;
    const key = `${shapes.elementType(value)} ${dims.map(formatDim).join()} ${values.map(formatDim).join(' ; ')}`;
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, value);
      continue;
    }
    graph.replaceAllUses(value, other);
    merged.push(node);
  }
  return merged;
}

function allNumbers(values: readonly Dim[] | undefined): number[] | undefined {
  const numbers = values?.filter((value): value is number => typeof value === 'number');
  return numbers?.length === values?.length ? numbers : undefined;
}
