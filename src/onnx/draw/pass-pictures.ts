import { join } from 'node:path';
import { copyModel } from '../copy';
import type { Graph } from '../graph';
import { openModel } from '../model';
import type { OnnxModel } from '../model';
import { isOp } from '../node';
import type { Pass } from '../pass';
import { runPass } from '../pass';
import { foldDecodeHead } from '../passes/fold-decode-head';
import { fuseLayerNorm } from '../passes/fuse-layernorm';
import { imageInput } from '../passes/image-input';
import { makeDynamic } from '../passes/make-dynamic';
import { maskOutput } from '../passes/mask-output';
import { setShapes } from '../passes/set-shapes';
import { shapeReshape } from '../passes/shape-reshape';
import { simplify } from '../passes/simplify';
import { toFloat16 } from '../passes/to-low-precision';
import { IMAGENET_FORM } from '../verify/samples';
import { drawPair } from './subgraph-svg';

/** What a picture shows: a fixture, what is done to it first, the pass, and the part to look at. */
interface Picture {
  readonly name: string;
  readonly fixture: string;
  readonly first?: readonly Pass[];
  readonly passes: readonly Pass[];
  readonly headings: readonly [string, string];
  readonly withSizes: boolean;
  /** Values between which the part lies; both graphs must still have those that matter to them. */
  readonly part: (graph: Graph) => { readonly starts: readonly string[]; readonly ends: readonly string[] };
}

/** Renders every picture of the workbench's page from the committed fixtures. @returns SVG documents by file name. */
export async function drawPassPictures(fixtures: string): Promise<Map<string, string>> {
  const drawn = new Map<string, string>();
  for (const picture of PICTURES) {
    const before = await openModel(join(fixtures, picture.fixture));
    for (const pass of picture.first ?? []) await runPass(before, pass);
    const after: OnnxModel = copyModel(before);
    for (const pass of picture.passes) await runPass(after, pass);
    const { withSizes } = picture;
    const { starts, ends } = picture.part(before.graph);
    const left = { graph: before.graph, starts, ends, withSizes };
    // An output may have moved behind what the pass put there.
    const right = { graph: after.graph, starts, ends: ends.map((end) => outputOr(after.graph, end)), withSizes };
    drawn.set(`pass-${picture.name}.svg`, drawPair(left, right, picture.headings));
  }
  return drawn;
}

const PICTURES: readonly Picture[] = [
  {
    name: 'simplify',
    fixture: 'original-ts13-dynamic.onnx',
    passes: [simplify()],
    headings: ['as exported: sizes computed again for each reshape', 'simplified: the same for every size'],
    withSizes: true,
    part: (graph) => between(graph, 'Softmax', 'MatMul', 'Reshape'),
  },
  {
    name: 'shape-reshape',
    fixture: 'original-ts13-dynamic-pad.onnx',
    passes: [shapeReshape],
    headings: ['F.pad as exported: a table of sizes', 'the same list by slices'],
    withSizes: true,
    part: (graph) => {
      const pad = graph.nodes.find((node) => isOp(node, 'Pad'));
      const reshape = graph.nodes.find((node) => isOp(node, 'Reshape'));
      return { starts: [reshape?.input[0] ?? '', pad?.input[0] ?? ''], ends: pad?.output ?? [] };
    },
  },
  {
    name: 'make-dynamic',
    fixture: 'original-ts13-256.onnx',
    first: [simplify()],
    passes: [makeDynamic, simplify()],
    headings: ['exported at 256x256', 'any size'],
    withSizes: true,
    part: (graph) => {
      const depthwise = graph.nodes.find((node) => isOp(node, 'Conv') && node.name.includes('dwconv'));
      const unfold = graph.producer(depthwise?.input[0]);
      const turn = graph.producer(unfold?.input[0]);
      return { starts: [turn?.input[0] ?? '', firstConvolution(graph)], ends: depthwise?.output ?? [] };
    },
  },
  {
    name: 'set-shapes',
    fixture: 'original-ts17-dynamic.onnx',
    passes: [setShapes({ batch: 1, height: 512, width: 512 }), simplify()],
    headings: ['any size', 'pinned at 512x512 and simplified'],
    withSizes: true,
    part: (graph) => {
      const first = firstConvolution(graph);
      const norm = graph.nodes.find((node) => isOp(node, 'LayerNormalization'));
      return { starts: [first], ends: norm?.output ?? [] };
    },
  },
  {
    name: 'fuse-layernorm',
    fixture: 'original-ts13-256.onnx',
    passes: [fuseLayerNorm({ form: 'native' })],
    headings: ['as exported', 'one node (here the native form)'],
    withSizes: false,
    part: (graph) => {
      const root = graph.nodes.find((node) => isOp(node, 'Sqrt'));
      const division = graph.soleConsumer(root?.output[0]);
      const product = graph.soleConsumer(division?.output[0]);
      const sum = graph.soleConsumer(product?.output[0]);
      const centred = graph.producer(division?.input[0]);
      return { starts: [centred?.input[0] ?? ''], ends: sum?.output ?? [] };
    },
  },
  {
    name: 'fold-decode-head',
    fixture: 'original-ts17-256.onnx',
    first: [simplify()],
    passes: [foldDecodeHead],
    headings: ['project, enlarge, join, multiply', 'multiply, enlarge, add'],
    withSizes: false,
    part: (graph) => {
      const join4 = graph.nodes.find((node) => isOp(node, 'Concat') && node.input.length === 4);
      const fuse = graph.soleConsumer(join4?.output[0]);
      return { starts: featuresOf(graph), ends: graph.soleConsumer(fuse?.output[0])?.output ?? [] };
    },
  },
  {
    name: 'image-input',
    fixture: '../odd/quarter.onnx',
    passes: [imageInput({ preprocessing: IMAGENET_FORM })],
    headings: ['float NCHW, normalised outside', 'pixels as they are'],
    withSizes: false,
    part: (graph) => ({ starts: [], ends: graph.outputs.map(({ name }) => name) }),
  },
  {
    name: 'mask-output',
    fixture: '../odd/quarter.onnx',
    passes: [maskOutput({ size: 'input' })],
    headings: ['logits at quarter size', 'class ids at the size of the picture'],
    withSizes: true,
    part: (graph) => ({ starts: [], ends: graph.outputs.map(({ name }) => name) }),
  },
  {
    name: 'to-float16',
    fixture: '../odd/quarter.onnx',
    passes: [toFloat16()],
    headings: ['float32', 'float16 inside, float32 outside'],
    withSizes: false,
    part: (graph) => ({ starts: [], ends: graph.outputs.map(({ name }) => name) }),
  },
];

/** The value itself; the graph's output where a pass put something behind it. */
function outputOr(graph: Graph, end: string): string {
  const isGone = graph.producer(end) === undefined;
  const isInner = graph.outputs.length === 1 && !graph.isOutput(end) && graph.outputs[0]?.name === 'mask';
  return isGone || isInner ? (graph.outputs[0]?.name ?? end) : end;
}

function firstConvolution(graph: Graph): string {
  return graph.nodes.find((node) => isOp(node, 'Conv'))?.output[0] ?? '';
}

/** The stages' maps, as the next stage's convolution and the head read them. */
function featuresOf(graph: Graph): string[] {
  return graph.nodes
    .filter(
      (node) =>
        isOp(node, 'Transpose') &&
        node.name.includes('/stages.') &&
        !node.name.includes('/blocks.') &&
        !node.name.includes('/embed/'),
    )
    .flatMap((node) => node.output);
}

/** From the first node of one kind over one of a second to one of a third, each reading the one before. */
function between(graph: Graph, first: string, second: string, third: string): { starts: string[]; ends: string[] } {
  const start = graph.nodes.find((node) => isOp(node, first));
  const product = graph.consumers(start?.output[0]).find((node) => isOp(node, second));
  const turned = graph.soleConsumer(product?.output[0]);
  const end = graph.consumers(turned?.output[0]).find((node) => isOp(node, third));
  const others = product?.input.filter((value) => value !== start?.output[0]) ?? [];
  return { starts: [...(start?.output ?? []), ...others], ends: end?.output ?? [] };
}
