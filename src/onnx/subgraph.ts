import { AppError } from '../shared/app-error';
import { copyNode, shallowCopy } from './copy';
import type { NodeProto, ValueInfoProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import { usesOf } from './graph-uses';
import { shapesOf } from './infer-shapes';
import { OnnxModel } from './model';
import { makeValueInfo } from './value-type';

export interface CutOptions {
  /** Values that become inputs: what produces them is left out. */
  readonly inputs: readonly string[];
  /** Values that become outputs, in this order. */
  readonly outputs: readonly string[];
}

/**
 * The part of a model between values: what the outputs need, up to the inputs. The model's own inputs that are needed
 * stay inputs. Weights are shared with the original, nodes are copies.
 *
 * @throws ONNX_VALUE_UNKNOWN for a name that the graph does not have, ONNX_CUT_EMPTY when nothing lies between.
 */
export function cutModel(model: OnnxModel, options: CutOptions): OnnxModel {
  const { graph } = model;
  for (const name of [...options.inputs, ...options.outputs]) checkValue(graph, name);
  const borders = new Set(options.inputs);
  const kept = neededNodes(graph, options.outputs, borders);
  if (kept.size === 0) {
    throw new AppError(
      'ONNX_CUT_EMPTY',
      `${model.fileName}: no node lies between ${options.inputs.join(', ')} and ${options.outputs.join(', ')}.`,
      { hint: 'Choose outputs that depend on the inputs.' },
    );
  }
  graph.sort();
  const nodes = graph.nodes.filter((node) => kept.has(node));
  const uses = new Set([...nodes.flatMap((node) => [...usesOf(node)]), ...options.outputs]);
  const proto = shallowCopy(model.proto);
  const inner = shallowCopy(graph.proto);
  inner.node = nodes.map(copyNode);
  inner.initializer = [...graph.initializers.values()].filter(({ name }) => uses.has(name) && !borders.has(name));
  inner.input = [...borders]
    .map((name) => declare(graph, name))
    .concat(graph.inputs.filter(({ name }) => uses.has(name) && !borders.has(name)));
  inner.output = options.outputs.map((name) => declare(graph, name));
  inner.valueInfo = graph.proto.valueInfo.filter(({ name }) => uses.has(name) && !borders.has(name));
  proto.graph = inner;
  // A weight that stands alone needs IR 4; in the part, inputs that were listed for IR 3 are gone.
  if (proto.irVersion < 4n) proto.irVersion = 4n;
  return new OnnxModel(proto, { path: model.path, fileName: model.fileName, external: model.external });
}

/** Nodes that the outputs depend on, without passing a border. */
export function neededNodes(graph: Graph, outputs: readonly string[], borders: ReadonlySet<string>): Set<NodeProto> {
  const needed = new Set<NodeProto>();
  const queue = [...outputs];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    const node = borders.has(value) ? undefined : graph.producer(value);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    queue.push(...usesOf(node));
  }
  return needed;
}

function declare(graph: Graph, name: string): ValueInfoProto {
  const declared = [...graph.inputs, ...graph.outputs].find((info) => info.name === name);
  if (declared !== undefined) return declared;
  const shapes = shapesOf(graph);
  // Names of sizes are the inputs' own; a formula of them has no place in a file and is left open.
  const dims = shapes.dims(name)?.map((dim) => (typeof dim === 'number' ? dim : undefined));
  return makeValueInfo(name, shapes.elementType(name), dims);
}

function checkValue(graph: Graph, name: string): void {
  if (graph.producer(name) !== undefined || graph.isInput(name) || graph.initializers.has(name)) return;
  throw new AppError('ONNX_VALUE_UNKNOWN', `${graph.fileName} has no value named ${name}.`, {
    hint: 'Names are case sensitive; `maskforge onnx inspect` lists inputs and outputs, Netron shows inner values.',
    details: { value: name },
  });
}
