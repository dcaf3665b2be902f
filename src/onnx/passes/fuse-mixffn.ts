import { add } from '../build';
import { DataType, isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { permutationOf, producerOf, soleConsumerOf } from '../match';
import { attributeInt, attributeInts, attributeString, isOp, nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import { sameDim } from '../symbolic';
import type { Constant } from '../tensor';
import { toNumbers } from '../tensor';
import type { FactsOf } from './facts';
import { factsOf } from './facts';
import { PLUGIN_ATTRIBUTES, PLUGIN_DOMAIN } from './fuse-layernorm';
import { matchGelu } from './gelu-match';
import { constantBehind } from './layernorm-parts';
import { remakeValue } from './rewrite';

export const DEPTHWISE_GELU = 'DepthwiseGelu';

/** The middle of a MixFFN: tokens as a map, a depthwise 3x3 convolution, tokens again, GELU. */
interface MixFfn {
  /** [N, H * W, C]. */
  readonly tokens: string;
  /** Makes a map of the transposed tokens: its second input is [N, C, H, W]. */
  readonly toMap: NodeProto;
  readonly convolution: NodeProto;
  readonly weight: Constant;
  readonly bias: Constant | undefined;
  readonly channels: number;
  /** The GELU's result, [N, H * W, C]. */
  readonly output: string;
  readonly nodes: readonly NodeProto[];
}

/**
 * Writes the depthwise convolution and the GELU between the two linear layers of a SegFormer's MixFFN as one node for
 * the TensorRT plugin. Channels stay innermost, so that the two transposes go as well.
 */
export const fuseMixFfn: Pass<MixFfn> = {
  name: 'fuse-mixffn',
  summary: 'Convolves depthwise and applies GELU in one node for the TensorRT plugin, without transposing.',
  // The order of a sum.
  tolerance: { relative: 1e-4 },
  match: ({ graph }) => {
    const facts = factsOf(graph);
    return graph.nodes.flatMap((node) => {
      const found = matchMixFfn(graph, node, facts);
      return found === undefined ? [] : [toFinding(found, facts)];
    });
  },
  apply: (model, findings) => {
    if (findings.length === 0) return;
    model.setOpset(PLUGIN_DOMAIN, 1);
    for (const { data } of findings) if (model.graph.has(data.convolution)) replace(model.graph, data);
  },
};

function toFinding(found: MixFfn, facts: FactsOf): Finding<MixFfn> {
  const shape = facts(found.output)?.text;
  return {
    pass: 'fuse-mixffn',
    nodes: found.nodes.map(nodeLabel),
    ...because(
      'mixffn-fuses',
      `These ${found.nodes.length} nodes transpose, convolve each channel, transpose back and apply GELU; ` +
        'in one node the values go through memory once.',
      { nodes: found.nodes.length },
    ),
    ...(shape === undefined ? {} : { before: shape, after: shape }),
    data: found,
  };
}

function matchMixFfn(graph: Graph, convolution: NodeProto, facts: FactsOf): MixFfn | undefined {
  const weights = depthwiseWeights(graph, convolution);
  const toMap = producerOf(graph, convolution.input[0], 'Reshape');
  const transpose = producerOf(graph, toMap?.input[0], 'Transpose');
  const fromMap = soleConsumerOf(graph, convolution.output[0], 'Reshape');
  const back = soleConsumerOf(graph, fromMap?.output[0], 'Transpose');
  const tokens = transpose?.input[0];
  if (weights === undefined || toMap === undefined || fromMap === undefined || tokens === undefined) return undefined;
  if (!swapsLastTwo(transpose) || !swapsLastTwo(back) || !allOwn(graph, [toMap, transpose])) return undefined;
  if (!isSameImage(facts, tokens, convolution, fromMap, weights.channels)) return undefined;
  if (!hasPlainSizes(graph, toMap)) return undefined;
  const gelu = matchGelu(graph, back?.output[0] ?? '');
  if (gelu === undefined || back === undefined || transpose === undefined) return undefined;
  const nodes = [convolution, ...gelu.nodes, transpose, toMap, fromMap, back];
  return { ...weights, tokens, toMap, convolution, output: gelu.output, nodes };
}

function depthwiseWeights(
  graph: Graph,
  node: NodeProto,
): { readonly weight: Constant; readonly bias: Constant | undefined; readonly channels: number } | undefined {
  if (!isOp(node, 'Conv')) return undefined;
  const weight = constantBehind(graph, node.input[1])?.constant;
  const bias = constantBehind(graph, node.input[2])?.constant;
  const [channels = 0, ofGroup, height, width] = weight?.dims ?? [];
  if (weight === undefined || (bias === undefined && (node.input[2] ?? '') !== '')) return undefined;
  if (!isFloatType(weight.type) || ofGroup !== 1 || height !== 3 || width !== 3) return undefined;
  if (attributeInt(node, 'group', 1) !== channels || attributeString(node, 'auto_pad', 'NOTSET') !== 'NOTSET')
    return undefined;
  const ones = (name: string, fallback: number): boolean =>
    (attributeInts(node, name) ?? [fallback]).every((number) => number === 1);
  return ones('strides', 1) && ones('dilations', 1) && ones('pads', 0) ? { weight, bias, channels } : undefined;
}

function swapsLastTwo(node: NodeProto | undefined): boolean {
  return permutationOf(node)?.join() === '0,2,1';
}

function allOwn(graph: Graph, nodes: readonly (NodeProto | undefined)[]): boolean {
  return nodes.every((node) => graph.soleConsumer(node?.output[0]) !== undefined);
}

/** Reshapes that neither mix pictures nor channels: then they only fold the tokens into rows and back. */
function isSameImage(
  facts: FactsOf,
  tokens: string,
  convolution: NodeProto,
  fromMap: NodeProto,
  channels: number,
): boolean {
  const before = facts(tokens)?.shape;
  const map = facts(convolution.input[0] ?? '')?.shape;
  const after = facts(fromMap.output[0] ?? '')?.shape;
  if (before?.length !== 3 || map?.length !== 4 || after?.length !== 3) return false;
  const [batch] = before;
  const [mapBatch] = map;
  const [afterBatch] = after;
  if (batch === undefined || mapBatch === undefined || afterBatch === undefined) return false;
  const sameBatch = sameDim(batch, mapBatch) && sameDim(batch, afterBatch);
  return sameBatch && before[2] === channels && map[1] === channels && after[1] === channels;
}

/** Constant sizes of which none but the batch says "as before" or nothing at all. */
function hasPlainSizes(graph: Graph, toMap: NodeProto): boolean {
  const sizes = constantBehind(graph, toMap.input[1])?.constant;
  if (sizes === undefined) return true;
  const zeroMeansZero = attributeInt(toMap, 'allowzero', 0) !== 0;
  const plain = Array.from(toNumbers(sizes).slice(zeroMeansZero ? 0 : 2));
  return sizes.dims[0] === 4 && plain.every((size) => size !== 0);
}

function replace(graph: Graph, found: MixFfn): void {
  const { weight, channels, output } = found;
  const name = `${output}_depthwise`;
  const map = add(graph, 'Reshape', [found.tokens, mapShape(graph, found)]);
  const weights = graph.addInitializer(
    `${name}_weight`,
    weight.type,
    [9, channels],
    tapsFirst(toNumbers(weight), channels),
  );
  const shifts = found.bias === undefined ? new Float32Array(channels) : toNumbers(found.bias);
  const bias = graph.addInitializer(`${name}_bias`, weight.type, [channels], shifts);
  const label = `${nodeLabel(found.convolution)}/${DEPTHWISE_GELU}`;
  const [made = ''] = graph.addNode(DEPTHWISE_GELU, [map, weights, bias], {
    name: label,
    domain: PLUGIN_DOMAIN,
    attributes: PLUGIN_ATTRIBUTES,
  }).output;
  const tokenShape = graph.addInitializer('maskforge/tokens', DataType.INT64, [3], [0, -1, channels]);
  remakeValue(graph, output, 'Reshape', [made, tokenShape], { name: `${label}/tokens` });
}

/** [N, C, H, W] → [N, H, W, C]. */
function mapShape(graph: Graph, { toMap, channels }: MixFfn): string {
  const sizes = toMap.input[1] ?? '';
  const constant = constantBehind(graph, sizes)?.constant;
  if (constant !== undefined) {
    const [batch = 0, , height = 0, width = 0] = toNumbers(constant);
    return graph.addInitializer('maskforge/map', DataType.INT64, [4], [batch, height, width, channels]);
  }
  const order = graph.addInitializer('maskforge/order', DataType.INT64, [3], [0, 2, 3]);
  const outer = add(graph, 'Gather', [sizes, order], { axis: 0 });
  const inner = graph.addInitializer('maskforge/channels', DataType.INT64, [1], [channels]);
  return add(graph, 'Concat', [outer, inner], { axis: 0 });
}

/** [C, 1, 3, 3] → [9, C]. */
function tapsFirst(numbers: ArrayLike<number>, channels: number): Float64Array {
  return Float64Array.from({ length: numbers.length }, (_, index) => {
    const tap = Math.floor(index / channels);
    return numbers[(index % channels) * 9 + tap] ?? 0;
  });
}

/** Writes the plugin's nodes as the ONNX operators that they stand for: how they are proven without TensorRT. */
export function expandDepthwiseGelus(graph: Graph): void {
  const nodes = graph.nodes.filter(({ domain, opType }) => domain === PLUGIN_DOMAIN && opType === DEPTHWISE_GELU);
  for (const node of nodes) {
    const [map = '', weight = '', bias = ''] = node.input;
    const [output = ''] = node.output;
    const constant = graph.constant(weight);
    if (constant === undefined) throw new Error(`${nodeLabel(node)} has weights that are not constant.`);
    const channels = constant.dims[1] ?? 0;
    const taps = toNumbers(constant);
    const kernel = Float64Array.from(
      { length: taps.length },
      (_, index) => taps[(index % 9) * channels + Math.floor(index / 9)] ?? 0,
    );
    const number = (name: string, value: number): string =>
      graph.addInitializer(`maskforge/${name}`, constant.type, [], [value]);
    const kernels = graph.addInitializer(`${weight}_kernel`, constant.type, [channels, 1, 3, 3], kernel);
    graph.removeNode(node);
    const attributes = { group: channels, kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    const channelsFirst = add(graph, 'Transpose', [map], { perm: [0, 3, 1, 2] });
    const convolved = add(graph, 'Conv', [channelsFirst, kernels, bias], attributes);
    const x = add(graph, 'Transpose', [convolved], { perm: [0, 2, 3, 1] });
    const erf = add(graph, 'Erf', [add(graph, 'Mul', [x, number('sqrt_half', Math.SQRT1_2)])]);
    const share = add(graph, 'Mul', [add(graph, 'Add', [erf, number('one', 1)]), number('half', 0.5)]);
    add(graph, 'Mul', [x, share], {}, { output });
  }
}
