import { DataType } from '../data-type';
import type { Graph } from '../graph';
import { integersOf } from '../match';
import { nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { Branch, DecodeHead, Linear } from './decode-head-match';
import { matchDecodeHead } from './decode-head-match';
import type { FactsOf } from './facts';
import { factsOf } from './facts';
import { addValue, remakeValue } from './rewrite';

/**
 * Multiplies a SegFormer head's per-stage linear maps, its fusing convolution and the batch normalisation into one 1x1
 * convolution per stage, applied before the stage is enlarged, and adds the enlarged maps up.
 *
 * Exact in real numbers: enlarging takes the same weighted mean in every channel, so it changes places with any linear
 * map; and a convolution over joined channels is the sum of convolutions over each part.
 */
export const foldDecodeHead: Pass<DecodeHead> = {
  name: 'fold-decode-head',
  summary: "Does the decode head's matrix products at each stage's own size, before enlarging, instead of after.",
  // Two matrices are multiplied once in double precision instead of one after the other at run time.
  tolerance: { relative: 1e-4 },
  match: (model) => {
    const facts = factsOf(model.graph);
    return model.graph.nodes.flatMap((node) => {
      const head = node.opType === 'Concat' ? matchDecodeHead(model.graph, node, facts) : undefined;
      return head === undefined || !channelsCanChange(model.graph, head) ? [] : [toFinding(head, facts)];
    });
  },
  apply: ({ graph }, findings) => {
    for (const { data } of findings) if (graph.has(data.concat) && graph.has(data.convolution)) replace(graph, data);
  },
};

function toFinding(head: DecodeHead, facts: FactsOf): Finding<DecodeHead> {
  const { concat, convolution, batchNorm, branches, fuse } = head;
  const before = facts(concat.output[0] ?? '')?.text;
  const after = facts(head.output)?.text;
  const ends = batchNorm === undefined ? [convolution] : [convolution, batchNorm];
  return {
    pass: 'fold-decode-head',
    nodes: [...ends, concat, ...branches.flatMap((branch) => branch.nodes)].map(nodeLabel),
    ...because(
      'head-folds',
      `The head enlarges ${branches.length} feature maps to ${fuse.columns} channels and only then multiplies them by a ` +
        'matrix; multiplying each at its own size first gives the same logits for a fraction of the work.',
      { maps: branches.length, channels: fuse.columns },
    ),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    data: head,
  };
}

/** Where a stage's channels become other in number, sizes that name them must be ones that can be rewritten. */
function channelsCanChange(graph: Graph, { branches, fuse }: DecodeHead): boolean {
  return branches.every((branch) => {
    if (branch.linear.rows === fuse.rows) return true;
    const sizes = branch.resize?.input[3] ?? '';
    return branch.from.kind === 'feature' && (sizes === '' || integersOf(graph, sizes) !== undefined);
  });
}

function replace(graph: Graph, head: DecodeHead): void {
  const parts = foldMatrices(head);
  // The one bias goes where no resize follows, or anywhere: a resize keeps constants.
  const holder = Math.max(
    0,
    head.branches.findIndex((branch) => branch.resize === undefined),
  );
  const values = head.branches.map((branch, index) => {
    const part = parts.matrices[index] ?? new Float64Array(0);
    return rebuildBranch(graph, head, branch, part, index === holder ? parts.bias : undefined);
  });
  const name = `${nodeLabel(head.convolution)}/sum`;
  const [last = '', ...others] = values.reverse();
  const rest = others.reverse().reduce((sum, value) => addValue(graph, 'Add', [sum, value], { name }));
  remakeValue(graph, head.output, 'Add', [rest, last], { name });
}

/** @returns for each branch scale · fuse_i · linear_i as [rows, columns], and the bias of it all. */
function foldMatrices({ fuse, affine, branches }: DecodeHead): { matrices: Float64Array[]; bias: Float64Array } {
  const bias = Float64Array.from({ length: fuse.rows }, (_, row) => fuse.bias?.[row] ?? 0);
  let offset = 0;
  const matrices = branches.map(({ linear }) => {
    const product = multiplySlice(fuse, offset, linear);
    if (linear.bias !== undefined) addProjected(bias, fuse, offset, linear.bias);
    offset += linear.rows;
    return product;
  });
  if (affine === undefined) return { matrices, bias };
  for (const [index, product] of matrices.entries()) {
    const columns = branches[index]?.linear.columns ?? 1;
    for (let at = 0; at < product.length; at += 1)
      product[at] = (product[at] ?? 0) * (affine.scale[Math.floor(at / columns)] ?? 1);
  }
  for (let row = 0; row < fuse.rows; row += 1)
    bias[row] = (bias[row] ?? 0) * (affine.scale[row] ?? 1) + (affine.shift[row] ?? 0);
  return { matrices, bias };
}

/** fuse[:, offset : offset + linear.rows] · linear, in double precision. */
function multiplySlice(fuse: Linear, offset: number, linear: Linear): Float64Array {
  const { rows, columns } = fuse;
  const width = linear.columns;
  const left = Float64Array.from(fuse.matrix);
  const right = Float64Array.from(linear.matrix);
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row += 1) {
    const target = out.subarray(row * width, (row + 1) * width);
    for (let inner = 0; inner < linear.rows; inner += 1) {
      const factor = left[row * columns + offset + inner] ?? 0;
      const start = inner * width;
      for (let column = 0; column < width; column += 1)
        target[column] = (target[column] ?? 0) + factor * (right[start + column] ?? 0);
    }
  }
  return out;
}

function addProjected(bias: Float64Array, fuse: Linear, offset: number, vector: ArrayLike<number>): void {
  for (let row = 0; row < fuse.rows; row += 1) {
    let sum = bias[row] ?? 0;
    for (let inner = 0; inner < vector.length; inner += 1)
      sum += (fuse.matrix[row * fuse.columns + offset + inner] ?? 0) * (vector[inner] ?? 0);
    bias[row] = sum;
  }
}

/** @returns the branch's share of the sum, at the head's size. */
function rebuildBranch(
  graph: Graph,
  head: DecodeHead,
  branch: Branch,
  matrix: Float64Array,
  bias: Float64Array | undefined,
): string {
  const type = head.type;
  const { rows } = head.fuse;
  const { columns } = branch.linear;
  const name = `${branch.projected}_folded`;
  if (branch.from.kind === 'feature') {
    const inputs = [branch.from.value, graph.addInitializer(`${name}_weight`, type, [rows, columns, 1, 1], matrix)];
    if (bias !== undefined) inputs.push(graph.addInitializer(`${name}_bias`, type, [rows], bias));
    remakeValue(graph, branch.arranged, 'Conv', inputs, { name, attributes: { kernel_shape: [1, 1] } });
    return finish(graph, branch, rows);
  }
  const turned = new Float64Array(matrix.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1)
      turned[column * rows + row] = matrix[row * columns + column] ?? 0;
  }
  const weight = graph.addInitializer(`${name}_weight`, type, [columns, rows], turned);
  if (bias === undefined) remakeValue(graph, branch.projected, 'MatMul', [branch.from.value, weight], { name });
  else {
    const product = addValue(graph, 'MatMul', [branch.from.value, weight], { name });
    const biasValue = graph.addInitializer(`${name}_bias`, type, [rows], bias);
    remakeValue(graph, branch.projected, 'Add', [product, biasValue], { name: `${name}_add` });
  }
  return finish(graph, branch, rows);
}

function finish(graph: Graph, branch: Branch, rows: number): string {
  const { resize } = branch;
  if (resize === undefined) return branch.arranged;
  const sizes = integersOf(graph, resize.input[3]);
  if (sizes?.length === 4 && sizes[1] !== rows) {
    const changed = sizes.map((size, axis) => (axis === 1 ? rows : size));
    graph.setInput(resize, 3, graph.addInitializer('maskforge/sizes', DataType.INT64, [4], changed));
  }
  return resize.output[0] ?? '';
}
