import { add, addBilinearResize, addSlice } from '../build';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { producerOf, soleConsumerOf } from '../match';
import { attributeInt, attributeInts, attributeString, nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { Constant } from '../tensor';
import { constantToTensor } from '../tensor';
import { matchPointwise } from './decode-head-match';
import type { FactsOf } from './facts';
import { factsOf } from './facts';
import { PLUGIN_ATTRIBUTES, PLUGIN_DOMAIN } from './fuse-layernorm';
import { constantBehind } from './layernorm-parts';
import { remakeValue } from './rewrite';

export const DECODE_HEAD = 'DecodeHead';

/** What the plugin's kernel serves: see plugins/decodeHead. */
const MAPS = 3;
const MOST_CHANNELS = 128;
const MOST_CLASSES = 160;

/** The end of a folded decode head: `classifier(relu(convolution(feature) + Σ enlarge(map)))`. */
interface HeadEnd {
  /** The map that has the head's size already, [N, C, H, W]. */
  readonly feature: string;
  /** Maps that are enlarged, [N, D, h, w]. */
  readonly maps: readonly string[];
  readonly convolution: NodeProto;
  readonly classifier: NodeProto;
  readonly output: string;
}

/**
 * Does the end of a decode head that was folded before, from the enlarging to the logits, in one node for the TensorRT
 * plugin. The map of all inner channels at a quarter of the picture's size, the largest of the network, is then never
 * written to memory. The plugin computes in 16 bits: for graphs that will be float16 or bfloat16.
 */
export const fuseDecodeHead: Pass<HeadEnd> = {
  name: 'fuse-decode-head',
  summary: "Enlarges, adds and classifies in one node for the TensorRT plugin, at the decode head's end.",
  // The order of a sum.
  tolerance: { relative: 1e-4 },
  match: ({ graph }) => {
    const facts = factsOf(graph);
    return graph.nodes.flatMap((node) => {
      const end = node.opType === 'Relu' ? matchHeadEnd(graph, node, facts) : undefined;
      return end === undefined ? [] : [toFinding(end, node, facts)];
    });
  },
  apply: (model, findings) => {
    if (findings.length === 0) return;
    model.setOpset(PLUGIN_DOMAIN, 1);
    for (const { data } of findings) if (model.graph.has(data.classifier)) replace(model.graph, data);
  },
};

function toFinding(end: HeadEnd, relu: NodeProto, facts: FactsOf): Finding<HeadEnd> {
  const before = facts(relu.output[0] ?? '')?.text;
  const after = facts(end.output)?.text;
  return {
    pass: 'fuse-decode-head',
    nodes: [end.classifier, relu, end.convolution].map(nodeLabel),
    ...because(
      'head-fuses',
      `The head enlarges ${end.maps.length} maps, adds them up and classifies each pixel; in one node the sum` +
        `${before === undefined ? '' : ` ${before}`} is never written to memory.`,
      { maps: end.maps.length },
    ),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    data: end,
  };
}

function matchHeadEnd(graph: Graph, relu: NodeProto, facts: FactsOf): HeadEnd | undefined {
  const classifier = soleConsumerOf(graph, relu.output[0], 'Conv');
  const output = classifier?.output[0];
  if (classifier === undefined || output === undefined || classifier.input[0] !== relu.output[0]) return undefined;
  const classes = matchPointwise(graph, classifier);
  const terms = sumTerms(graph, relu.input[0] ?? '');
  const [convolution, ...others] = terms.flatMap((value) => producerOf(graph, value, 'Conv') ?? []);
  const maps = terms.flatMap((value) => enlargedFrom(graph, value) ?? []);
  if (convolution === undefined || others.length > 0 || maps.length !== MAPS || terms.length !== MAPS + 1)
    return undefined;
  const linear = matchPointwise(graph, convolution);
  const feature = convolution.input[0];
  if (linear === undefined || classes === undefined || feature === undefined) return undefined;
  if (linear.columns % 16 !== 0 || linear.columns > MOST_CHANNELS || linear.rows % 64 !== 0) return undefined;
  if (classes.columns !== linear.rows || classes.rows > MOST_CLASSES) return undefined;
  if (!maps.every((value) => facts(value)?.dims?.[1] === linear.rows)) return undefined;
  return { feature, maps, convolution, classifier, output };
}

/** The values that a tree of additions adds up, each of which nobody else reads. */
function sumTerms(graph: Graph, value: string): string[] {
  const sum = producerOf(graph, value, 'Add');
  const isOwn =
    graph.consumers(value).filter(({ opType }) => opType !== 'Shape').length === 1 && !graph.isOutput(value);
  if (sum === undefined || !isOwn) return [value];
  return sum.input.flatMap((input) => sumTerms(graph, input));
}

/** What a bilinear resize with pixel centres enlarges. */
function enlargedFrom(graph: Graph, value: string): string | undefined {
  const resize = producerOf(graph, value, 'Resize');
  if (resize === undefined || attributeString(resize, 'mode', 'nearest') !== 'linear') return undefined;
  const coordinates = attributeString(resize, 'coordinate_transformation_mode', 'half_pixel');
  // The two differ only where one pixel is enlarged to one pixel.
  if (coordinates !== 'half_pixel' && coordinates !== 'pytorch_half_pixel') return undefined;
  if (attributeInt(resize, 'antialias', 0) !== 0) return undefined;
  const axes = attributeInts(resize, 'axes');
  return axes === undefined || axes.every((axis) => axis === 2 || axis === 3) ? resize.input[0] : undefined;
}

function replace(graph: Graph, end: HeadEnd): void {
  const inputs = [end.feature, ...end.maps];
  for (const node of [end.convolution, end.classifier]) {
    const weight = constantBehind(graph, node.input[1])?.constant;
    if (weight === undefined) return;
    const [rows = 0, columns = 0] = weight.dims;
    inputs.push(asMatrix(graph, `${node.output[0]}_matrix`, weight, [rows, columns]));
    inputs.push(biasOf(graph, node, weight, rows));
  }
  const name = `${nodeLabel(end.classifier)}/DecodeHead`;
  const attributes = { ...PLUGIN_ATTRIBUTES };
  remakeValue(graph, end.output, DECODE_HEAD, inputs, { name, domain: PLUGIN_DOMAIN, attributes });
}

function asMatrix(graph: Graph, name: string, constant: Constant, dims: readonly number[]): string {
  const tensor = constantToTensor(graph.uniqueName(name), { ...constant, dims });
  graph.setInitializer(tensor);
  return tensor.name;
}

function biasOf(graph: Graph, node: NodeProto, weight: Constant, rows: number): string {
  const bias = constantBehind(graph, node.input[2])?.constant;
  if (bias !== undefined) return asMatrix(graph, `${node.output[0]}_bias`, bias, [rows]);
  return graph.addInitializer(`${node.output[0]}_bias`, weight.type, [rows], new Float32Array(rows));
}

/** Writes the plugin's nodes as the ONNX operators that they stand for: how they are proven without TensorRT. */
export function expandDecodeHeads(graph: Graph): void {
  for (const node of graph.nodes.filter(({ domain, opType }) => domain === PLUGIN_DOMAIN && opType === DECODE_HEAD)) {
    const [feature = '', ...rest] = node.input;
    const maps = rest.slice(0, -4);
    const [weight = '', bias = '', classifier = '', classifierBias = ''] = rest.slice(-4);
    const convolution = (value: string, matrix: string, shift: string, output?: string): string => {
      const constant = graph.constant(matrix);
      if (constant === undefined) throw new Error(`${nodeLabel(node)} has weights that are not constant.`);
      const kernel = asMatrix(graph, `${matrix}_kernel`, constant, [...constant.dims, 1, 1]);
      const attributes = { kernel_shape: [1, 1] };
      return add(graph, 'Conv', [value, kernel, shift], attributes, output === undefined ? {} : { output });
    };
    let sum = convolution(feature, weight, bias);
    const spatial = addSlice(graph, add(graph, 'Shape', [feature]), { axis: 0, start: 2, end: 4 });
    for (const map of maps) {
      const outer = addSlice(graph, add(graph, 'Shape', [map]), { axis: 0, start: 0, end: 2 });
      const sizes = add(graph, 'Concat', [outer, spatial], { axis: 0 });
      sum = add(graph, 'Add', [sum, addBilinearResize(graph, map, sizes)]);
    }
    const [output = ''] = node.output;
    graph.removeNode(node);
    convolution(add(graph, 'Relu', [sum]), classifier, classifierBias, output);
  }
}
