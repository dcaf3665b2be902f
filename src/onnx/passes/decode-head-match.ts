import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { integersOf, permutationOf, producerOf, soleConsumerOf } from '../match';
import { attributeInt, attributeInts, attributeString, isOp } from '../node';
import { sameDim } from '../symbolic';
import type { Constant } from '../tensor';
import { toNumbers } from '../tensor';
import type { FactsOf } from './facts';
import { constantBehind } from './layernorm-parts';

/** y = matrix · x + bias for each pixel; matrix is [rows, columns], row-major. */
export interface Linear {
  readonly rows: number;
  readonly columns: number;
  readonly matrix: ArrayLike<number>;
  readonly bias: ArrayLike<number> | undefined;
}

/** One stage of the head: `Resize(arrange(linear(source)))`, the resize missing where the size is right already. */
export interface Branch {
  readonly linear: Linear;
  readonly resize: NodeProto | undefined;
  /**
   * What the linear map reads: `feature`, an NCHW map that the head flattens and puts back (a 1x1 convolution does the
   * same), or `tokens` [N, T, C], where that could not be shown.
   */
  readonly from:
    { readonly kind: 'feature'; readonly value: string } | { readonly kind: 'tokens'; readonly value: string };
  /** The value of the linear map: the sum with the bias, or the product. */
  readonly projected: string;
  /** NCHW, just before the resize. */
  readonly arranged: string;
  /** What the concatenation reads: resized, or `arranged` where the resize changes nothing. */
  readonly result: string;
  readonly nodes: readonly NodeProto[];
}

export interface DecodeHead {
  readonly concat: NodeProto;
  readonly convolution: NodeProto;
  readonly batchNorm: NodeProto | undefined;
  readonly fuse: Linear;
  /** y = scale · x + shift for each channel after the convolution. */
  readonly affine: { readonly scale: ArrayLike<number>; readonly shift: ArrayLike<number> } | undefined;
  readonly branches: readonly Branch[];
  readonly output: string;
  readonly type: number;
}

/**
 * A concatenation of per-pixel linear maps of several feature maps, enlarged to one size, that goes through a 1x1
 * convolution and perhaps a batch normalisation. Undefined whenever a step of that is not certain.
 */
export function matchDecodeHead(graph: Graph, concat: NodeProto, facts: FactsOf): DecodeHead | undefined {
  const axis = attributeInt(concat, 'axis');
  const joined = concat.output[0];
  if (joined === undefined || concat.input.length < 2 || facts(joined)?.dims?.length !== 4) return undefined;
  if (axis !== 1 && axis !== -3) return undefined;
  const convolution = soleConsumerOf(graph, joined, 'Conv');
  const fuse = convolution === undefined ? undefined : matchPointwise(graph, convolution);
  if (convolution === undefined || fuse === undefined || convolution.input[0] !== joined) return undefined;
  const branches = concat.input.map((value) => matchBranch(graph, value, facts));
  if (!branches.every((branch): branch is Branch => branch !== undefined)) return undefined;
  if (!branches.some((branch) => branch.resize !== undefined)) return undefined;
  if (branches.reduce((sum, branch) => sum + branch.linear.rows, 0) !== fuse.columns) return undefined;
  const next = soleConsumerOf(graph, convolution.output[0], 'BatchNormalization');
  const affine = next === undefined ? undefined : batchNormAffine(graph, next);
  const batchNorm = affine === undefined ? undefined : next;
  const output = (batchNorm ?? convolution).output[0];
  const type = constantBehind(graph, convolution.input[1])?.constant.type;
  if (output === undefined || type === undefined) return undefined;
  return { concat, convolution, batchNorm, fuse, affine, branches, output, type };
}

function matchBranch(graph: Graph, value: string, facts: FactsOf): Branch | undefined {
  const resize = producerOf(graph, value, 'Resize', 'Upsample');
  if (!isReadOnce(graph, value) || (resize !== undefined && !keepsConstants(graph, resize, facts))) return undefined;
  const arranged = resize?.input[0] ?? value;
  if (!isReadOnce(graph, arranged)) return undefined;
  const needsResize = resize !== undefined && !(sameShape(facts, arranged, value) && hitsPixels(resize));
  const linear = matchConvolution(graph, arranged) ?? matchTokens(graph, arranged, facts);
  if (linear === undefined) return undefined;
  return {
    ...linear,
    resize: needsResize ? resize : undefined,
    arranged,
    result: value,
    nodes: [...linear.nodes, ...(resize === undefined ? [] : [resize])],
  };
}

type LinearPart = Pick<Branch, 'linear' | 'from' | 'projected' | 'nodes'>;

function matchConvolution(graph: Graph, arranged: string): LinearPart | undefined {
  const node = producerOf(graph, arranged, 'Conv');
  const linear = node === undefined ? undefined : matchPointwise(graph, node);
  const value = node?.input[0];
  if (node === undefined || linear === undefined || value === undefined) return undefined;
  return { linear, from: { kind: 'feature', value }, projected: arranged, nodes: [node] };
}

/** Flatten, transpose, linear, transpose, reshape: what PyTorch's heads are exported as. */
function matchTokens(graph: Graph, arranged: string, facts: FactsOf): LinearPart | undefined {
  const layout = tokensBehind(graph, arranged, facts);
  if (layout === undefined || !isReadOnce(graph, layout.tokens)) return undefined;
  const projection = matchProjection(graph, layout.tokens);
  if (projection === undefined || !projection.inner.every((value) => isReadOnce(graph, value))) return undefined;
  const { linear, input } = projection;
  if (facts(arranged)?.dims?.[1] !== linear.rows || facts(input)?.dims?.length !== 3) return undefined;
  const feature = featureBehind(graph, input, arranged, facts);
  const nodes = [...(feature?.nodes ?? []), ...projection.nodes, ...layout.nodes];
  const from =
    feature === undefined
      ? ({ kind: 'tokens', value: input } as const)
      : ({ kind: 'feature', value: feature.value } as const);
  return { linear, from, projected: layout.tokens, nodes };
}

/** [N, T, D] that becomes [N, D, h, w], by transposing before or after it is folded to rows. */
function tokensBehind(
  graph: Graph,
  arranged: string,
  facts: FactsOf,
): { readonly tokens: string; readonly nodes: readonly NodeProto[] } | undefined {
  const reshape = producerOf(graph, arranged, 'Reshape');
  if (reshape !== undefined) {
    const transpose = producerOf(graph, reshape.input[0], 'Transpose');
    const tokens = transpose?.input[0];
    if (transpose === undefined || tokens === undefined || permutationOf(transpose)?.join() !== '0,2,1')
      return undefined;
    if (
      !sameAxis(facts, transpose.output[0], 0, arranged, 0) ||
      !sameAxis(facts, transpose.output[0], 1, arranged, 1)
    ) {
      return undefined;
    }
    return isReadOnce(graph, transpose.output[0]) ? { tokens, nodes: [transpose, reshape] } : undefined;
  }
  const transpose = producerOf(graph, arranged, 'Transpose');
  const fold = producerOf(graph, transpose?.input[0], 'Reshape');
  const tokens = fold?.input[0];
  if (transpose === undefined || fold === undefined || tokens === undefined) return undefined;
  if (permutationOf(transpose)?.join() !== '0,3,1,2' || facts(tokens)?.dims?.length !== 3) return undefined;
  const folded = fold.output[0];
  if (!sameAxis(facts, tokens, 0, folded, 0) || !sameAxis(facts, tokens, 2, folded, 3)) return undefined;
  return isReadOnce(graph, folded) ? { tokens, nodes: [fold, transpose] } : undefined;
}

/** `MatMul(x, constant)`, with a constant added or not. */
function matchProjection(
  graph: Graph,
  value: string,
): { linear: Linear; input: string; inner: readonly string[]; nodes: readonly NodeProto[] } | undefined {
  const sum = producerOf(graph, value, 'Add');
  const side = sum === undefined ? -1 : sum.input.findIndex((input) => constantBehind(graph, input) !== undefined);
  if (sum !== undefined && side < 0) return undefined;
  const bias = sum === undefined ? undefined : constantBehind(graph, sum.input[side])?.constant;
  const product = sum === undefined ? value : (sum.input[1 - side] ?? '');
  const matmul = producerOf(graph, product, 'MatMul');
  const weight = constantBehind(graph, matmul?.input[1])?.constant;
  const input = matmul?.input[0];
  if (matmul === undefined || input === undefined || weight?.dims.length !== 2) return undefined;
  const [columns = 0, rows = 0] = weight.dims;
  const biasNumbers = bias === undefined ? undefined : perChannel(bias, rows);
  if (bias !== undefined && biasNumbers === undefined) return undefined;
  const linear = { rows, columns, matrix: transposed(weight, columns, rows), bias: biasNumbers };
  const inner = sum === undefined ? [] : [product];
  return { linear, input, inner, nodes: sum === undefined ? [matmul] : [matmul, sum] };
}

/** The NCHW map that was flattened to the tokens, if it has the size that the tokens are put back to. */
function featureBehind(
  graph: Graph,
  tokens: string,
  arranged: string,
  facts: FactsOf,
): { readonly value: string; readonly nodes: readonly NodeProto[] } | undefined {
  const transpose = producerOf(graph, tokens, 'Transpose');
  const flatten = producerOf(graph, transpose?.input[0], 'Reshape');
  const value = flatten?.input[0];
  if (transpose === undefined || flatten === undefined || value === undefined) return undefined;
  if (permutationOf(transpose)?.join() !== '0,2,1' || facts(value)?.dims?.length !== 4) return undefined;
  const flat = flatten.output[0];
  if (!sameAxis(facts, value, 0, flat, 0) || !sameAxis(facts, value, 1, flat, 1)) return undefined;
  if (![0, 2, 3].every((axis) => sameAxis(facts, value, axis, arranged, axis))) return undefined;
  return { value, nodes: [flatten, transpose] };
}

/** A convolution that looks at one pixel only. */
export function matchPointwise(graph: Graph, node: NodeProto): Linear | undefined {
  const weight = constantBehind(graph, node.input[1])?.constant;
  if (weight?.dims.length !== 4 || weight.dims[2] !== 1 || weight.dims[3] !== 1) return undefined;
  if (attributeInt(node, 'group', 1) !== 1) return undefined;
  if (attributeInts(node, 'strides')?.some((stride) => stride !== 1) === true) return undefined;
  if (attributeInts(node, 'pads')?.some((pad) => pad !== 0) === true) return undefined;
  const [rows = 0, columns = 0] = weight.dims;
  const named = node.input[2] ?? '';
  const bias = named === '' ? undefined : constantBehind(graph, named)?.constant;
  if (named !== '' && bias === undefined) return undefined;
  return { rows, columns, matrix: toNumbers(weight), bias: bias === undefined ? undefined : toNumbers(bias) };
}

function batchNormAffine(graph: Graph, node: NodeProto): DecodeHead['affine'] {
  if (attributeInt(node, 'training_mode', 0) !== 0 || node.output.slice(1).some((value) => value !== ''))
    return undefined;
  const read = (index: number): Constant | undefined => constantBehind(graph, node.input[index])?.constant;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => read(index));
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined) return undefined;
  const epsilon = node.attribute.find((attribute) => attribute.name === 'epsilon')?.f ?? 1e-5;
  const [factors, offsets, means] = [toNumbers(gamma), toNumbers(beta), toNumbers(mean)];
  const scale = Float64Array.from(toNumbers(variance), (v, index) => (factors[index] ?? 0) / Math.sqrt(v + epsilon));
  const shift = scale.map((factor, index) => (offsets[index] ?? 0) - factor * (means[index] ?? 0));
  return { scale, shift };
}

/**
 * True when every output pixel is a weighted mean of input pixels with the same weights in every channel: only then can
 * a linear map with a bias change places with the resize.
 */
function keepsConstants(graph: Graph, node: NodeProto, facts: FactsOf): boolean {
  if (attributeString(node, 'coordinate_transformation_mode') === 'tf_crop_and_resize') return false;
  if (!['nearest', 'linear', 'cubic'].includes(attributeString(node, 'mode', 'nearest'))) return false;
  const axes = attributeInts(node, 'axes');
  if (axes !== undefined && axes.every((axis) => axis === 2 || axis === 3 || axis === -1 || axis === -2)) return true;
  const scales = integersOf(graph, node.input[isOp(node, 'Upsample') || node.input.length === 2 ? 1 : 2]);
  if (scales?.length === 4 && scales[0] === 1 && scales[1] === 1) return true;
  const [x, y] = [node.input[0], node.output[0]];
  return sameAxis(facts, x, 0, y, 0) && sameAxis(facts, x, 1, y, 1);
}

/** At the same size every mode but this one samples exactly at the input's pixels. */
function hitsPixels(node: NodeProto): boolean {
  return attributeString(node, 'coordinate_transformation_mode') !== 'tf_half_pixel_for_nn';
}

/** Read by one node besides those that only ask for its shape. */
function isReadOnce(graph: Graph, value: string | undefined): boolean {
  if (value === undefined || graph.isOutput(value)) return false;
  return graph.consumers(value).filter((node) => !isOp(node, 'Shape')).length === 1;
}

function sameAxis(
  facts: FactsOf,
  one: string | undefined,
  axis: number,
  other: string | undefined,
  at: number,
): boolean {
  const left = facts(one ?? '')?.shape?.[axis];
  const right = facts(other ?? '')?.shape?.[at];
  return left !== undefined && right !== undefined && sameDim(left, right);
}

function sameShape(facts: FactsOf, one: string, other: string): boolean {
  const rank = facts(one)?.shape?.length;
  if (rank === undefined || rank !== facts(other)?.shape?.length) return false;
  return Array.from({ length: rank }, (_, axis) => axis).every((axis) => sameAxis(facts, one, axis, other, axis));
}

function perChannel(bias: Constant, width: number): ArrayLike<number> | undefined {
  const numbers = toNumbers(bias);
  if (bias.dims.slice(0, -1).some((dim) => dim !== 1) || bias.dims.length > 3) return undefined;
  if (numbers.length === 1) return new Float64Array(width).fill(numbers[0] ?? 0);
  return numbers.length === width ? numbers : undefined;
}

function transposed(weight: Constant, rows: number, columns: number): Float64Array {
  const numbers = toNumbers(weight);
  const out = new Float64Array(numbers.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) out[column * rows + row] = numbers[row * columns + column] ?? 0;
  }
  return out;
}
