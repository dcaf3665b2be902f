import type { DataType } from '../data-type';
import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { producerOf } from '../match';
import { attributeFloat, attributeInt, isOp, nodeLabel } from '../node';
import { upgradeOpset } from '../opset-upgrade';
import { because } from '../pass';
import type { Finding, Pass, Reason } from '../pass';
import { sameDim, unknownDim } from '../symbolic';
import { constantToTensor, elementCount, toNumbers } from '../tensor';
import type { FactsOf } from './facts';
import { factsOf } from './facts';
import type { LayerNormMatch } from './layernorm-match';
import { matchLayerNorm } from './layernorm-match';
import type { AffineConstant } from './layernorm-parts';
import { remakeValue, remakeValues } from './rewrite';

/** The domain of our own operators, which the TensorRT plugin library implements. */
export const PLUGIN_DOMAIN = 'maskforge';

/** By these attributes TensorRT's ONNX parser finds a node's plugin; version 10 does not look at the domain. */
export const PLUGIN_ATTRIBUTES = { plugin_version: '1', plugin_namespace: PLUGIN_DOMAIN } as const;

export interface FuseLayerNormOptions {
  /** `native`: ONNX's LayerNormalization (operator set 17). `plugin`: maskforge::LayerNorm, for TensorRT only. */
  readonly form: 'native' | 'plugin';
  /** Names of nodes or values: only the LayerNorms that hold one of them. All when left out. */
  readonly only?: readonly string[];
  /**
   * With `plugin`: the addition in front of a norm goes into its node, maskforge::AddLayerNorm, whose first output is the
   * sum. Only where the two summands have one shape.
   */
  readonly residual?: boolean;
}

/** A LayerNorm in whatever form it has now; gamma and beta as values that exist already, or constants to be made. */
export interface LayerNormFinding {
  readonly input: string;
  readonly output: string;
  readonly type: DataType;
  /** Sizes of the axes that are normalised together. */
  readonly shape: readonly number[];
  readonly epsilon: number;
  readonly gamma: AffineConstant | string | undefined;
  readonly beta: AffineConstant | string | undefined;
  /** The node that makes the output. */
  readonly node: NodeProto;
  /** The two values whose sum, made by nobody else, is the input. */
  readonly summands?: readonly [string, string];
}

/**
 * Replaces every LayerNorm, decomposed or whole, by one node. Epsilon and the axes are read from the graph.
 *
 * `native` raises the operator set to 17 and turns plugin nodes back; `plugin` takes only norms over the last axis.
 *
 * @throws ONNX_OPSET_CONVERSION (from `apply`) when some node cannot be brought to operator set 17.
 */
export function fuseLayerNorm(options: FuseLayerNormOptions): Pass<LayerNormFinding> {
  const { form, residual = false } = options;
  const pass = 'fuse-layernorm';
  return {
    name: pass,
    summary:
      form === 'native'
        ? 'Writes each LayerNorm as one LayerNormalization node instead of nine or more primitive ones.'
        : 'Writes each LayerNorm as one node for the TensorRT plugin.',
    // Sums are taken in another order; norms over few channels of nearly equal values magnify that.
    tolerance: { relative: 1e-4 },
    match: (model) => {
      const facts = factsOf(model.graph);
      const findings = findAll(model.graph, facts, form).filter((finding) => isChosen(finding, options.only));
      return residual && form === 'plugin' ? withSummands(model.graph, findings, facts) : findings;
    },
    apply: (model, findings) => {
      if (findings.length === 0) return;
      if (form === 'native') {
        const facts = factsOf(model.graph);
        upgradeOpset(model, 17, (value) => facts(value)?.dims?.length);
      } else model.setOpset(PLUGIN_DOMAIN, 1);
      for (const { data } of findings) if (model.graph.has(data.node)) replace(model.graph, data, form);
    },
  };
}

function isChosen(finding: Finding<LayerNormFinding>, only: readonly string[] | undefined): boolean {
  return only === undefined || only.some((name) => name === finding.data.output || finding.nodes.includes(name));
}

function findAll(graph: Graph, facts: FactsOf, form: 'native' | 'plugin'): Finding<LayerNormFinding>[] {
  const findings: Finding<LayerNormFinding>[] = [];
  const taken = new Set<string>();
  for (const node of graph.nodes) {
    const decomposed = isOp(node, 'Sqrt', 'Pow') ? matchLayerNorm(graph, node, facts) : undefined;
    const whole = decomposed === undefined ? wholeNorm(graph, node, facts, form) : undefined;
    const found = decomposed === undefined ? whole : fromDecomposed(graph, decomposed);
    if (found === undefined || taken.has(found.output)) continue;
    if (form === 'plugin' && found.shape.length !== 1) continue;
    taken.add(found.output);
    const nodes = decomposed?.nodes ?? [node];
    findings.push(toFinding(found, nodes, facts, form));
  }
  return findings;
}

function toFinding(
  found: LayerNormFinding,
  nodes: readonly NodeProto[],
  facts: FactsOf,
  form: 'native' | 'plugin',
): Finding<LayerNormFinding> {
  const shape = facts(found.input)?.text;
  return {
    pass: 'fuse-layernorm',
    nodes: nodes.map(nodeLabel),
    ...reasonFor(nodes.length, found.shape, form),
    ...(shape === undefined ? {} : { before: shape, after: shape }),
    data: found,
  };
}

function reasonFor(nodes: number, shape: readonly number[], form: 'native' | 'plugin'): Reason {
  const channels = shape.join(' x ');
  const details = { nodes, channels, target: form === 'native' ? 'LayerNormalization' : 'LayerNorm' };
  const end = `${form === 'native' ? 'one LayerNormalization' : 'the LayerNorm plugin'} does it in one pass over the data.`;
  return nodes > 1
    ? because(
        'norm-decomposed',
        `These ${nodes} nodes normalise ${channels} channels to mean 0 and variance 1; ${end}`,
        details,
      )
    : because('norm-other-form', `This node normalises ${channels} channels; ${end}`, details);
}

function fromDecomposed(graph: Graph, match: LayerNormMatch): LayerNormFinding | undefined {
  const node = graph.producer(match.output);
  return node === undefined ? undefined : { ...match, node };
}

/** A norm that is one node already, but not in the form that is wanted. */
function wholeNorm(
  graph: Graph,
  node: NodeProto,
  facts: FactsOf,
  form: 'native' | 'plugin',
): LayerNormFinding | undefined {
  if (form === 'plugin' ? !isOp(node, 'LayerNormalization') : !isPluginNorm(node)) return undefined;
  const { input, gamma, beta, output, statistics } = partsOf(node);
  if (statistics.some((value) => value !== '' && graph.isUsed(value))) return undefined;
  const { type, dims } = facts(input) ?? {};
  const axis = attributeInt(node, 'axis', -1);
  if (type === undefined || !isFloatType(type) || (axis >= 0 && dims === undefined)) return undefined;
  const axisCount = axis < 0 ? -axis : (dims?.length ?? 0) - axis;
  const shape = dims?.slice(-axisCount) ?? graph.constant(gamma)?.dims;
  if (shape?.every((dim): dim is number => dim !== undefined) !== true) return undefined;
  const epsilon = attributeFloat(node, 'epsilon', 1e-5);
  const named = (value: string): string | undefined => (value === '' ? undefined : value);
  return { input, output, type, shape, epsilon, gamma: named(gamma), beta: named(beta), node };
}

const ADD_LAYER_NORM = 'AddLayerNorm';

function isPluginNorm({ domain, opType }: NodeProto): boolean {
  return domain === PLUGIN_DOMAIN && (opType === 'LayerNorm' || opType === ADD_LAYER_NORM);
}

interface NormParts {
  readonly input: string;
  readonly gamma: string;
  readonly beta: string;
  readonly output: string;
  readonly statistics: readonly string[];
}

/** What one norm reads and makes; with an addition inside, its input is the sum that the node itself makes. */
function partsOf(node: NodeProto): NormParts {
  if (node.opType === ADD_LAYER_NORM) {
    const [, , gamma = '', beta = ''] = node.input;
    const [sum = '', output = ''] = node.output;
    return { input: sum, gamma, beta, output, statistics: [] };
  }
  const [input = '', gamma = '', beta = ''] = node.input;
  const [output = '', ...statistics] = node.output;
  return { input, gamma, beta, output, statistics };
}

/** Of several norms that read one sum, the first takes the addition along. */
function withSummands(
  graph: Graph,
  findings: readonly Finding<LayerNormFinding>[],
  facts: FactsOf,
): Finding<LayerNormFinding>[] {
  const taken = new Set<NodeProto>();
  return findings.map((finding) => {
    const sum = producerOf(graph, finding.data.input, 'Add');
    const [one = '', other = ''] = sum?.input ?? [];
    if (sum === undefined || taken.has(sum) || !isSameShape(facts, one, other)) return finding;
    taken.add(sum);
    const reason = `${finding.reason} The addition in front of it goes along.`;
    return {
      ...finding,
      nodes: [...finding.nodes, nodeLabel(sum)],
      ...because('norm-with-sum', reason, finding.details),
      data: { ...finding.data, summands: [one, other] },
    };
  });
}

function isSameShape(facts: FactsOf, one: string, other: string): boolean {
  const [left, right] = [facts(one), facts(other)];
  if (left?.shape === undefined || right?.shape?.length !== left.shape.length || left.type !== right.type) return false;
  return left.shape.every((dim, index) => sameDim(dim, right.shape?.[index] ?? unknownDim()));
}

function replace(graph: Graph, found: LayerNormFinding, form: 'native' | 'plugin'): void {
  const { input, output, shape, epsilon } = found;
  const gamma = affineInput(graph, found, found.gamma, 'gamma', 1);
  const beta = affineInput(graph, found, found.beta, 'beta', 0);
  const name = `${nodeLabel(found.node).replace(/\/[^/]*$/, '')}/LayerNorm`;
  const attributes = { axis: form === 'native' ? -shape.length : -1, epsilon: { float: epsilon } };
  if (form === 'native') {
    takeSumOut(graph, found.node);
    remakeValue(graph, output, 'LayerNormalization', [input, gamma, beta], { name, attributes });
  } else {
    const options = { name, domain: PLUGIN_DOMAIN, attributes: { ...attributes, ...PLUGIN_ATTRIBUTES } };
    if (found.summands === undefined) remakeValue(graph, output, 'LayerNorm', [input, gamma, beta], options);
    else remakeValues(graph, [input, output], ADD_LAYER_NORM, [...found.summands, gamma, beta], options);
  }
}

/** Gives the addition that a norm has inside back to a node of its own. */
function takeSumOut(graph: Graph, node: NodeProto): void {
  if (node.opType !== ADD_LAYER_NORM) return;
  const [one = '', other = ''] = node.input;
  const [sum = ''] = node.output;
  remakeValue(graph, sum, 'Add', [one, other], { name: `${nodeLabel(node)}/Add` });
}

/** The operator wants gamma and beta in full: made where the graph has none, or has them as one number. */
function affineInput(
  graph: Graph,
  found: LayerNormFinding,
  given: AffineConstant | string | undefined,
  name: string,
  fallback: number,
): string {
  if (typeof given === 'string') return given;
  const { type, shape } = found;
  const count = elementCount(shape);
  const base = `${found.output}_${name}`;
  if (given === undefined) return graph.addInitializer(base, type, shape, new Float32Array(count).fill(fallback));
  const { constant, value } = given;
  if (constant.type === type && elementCount(constant.dims) === count) {
    if (constant.dims.length === shape.length) return value;
    const tensor = constantToTensor(graph.uniqueName(base), { ...constant, dims: shape });
    graph.setInitializer(tensor);
    return tensor.name;
  }
  const numbers = toNumbers(constant);
  const values = Float64Array.from(
    { length: count },
    (_, index) => numbers[numbers.length === 1 ? 0 : index] ?? fallback,
  );
  return graph.addInitializer(base, type, shape, values);
}
