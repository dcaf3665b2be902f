import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { nodeLabel } from '../node';
import type { Box, Edge, Point } from './layout';
import { layOut } from './layout';

/** Who reads what in a graph at one moment, to be compared with another moment. */
export interface GraphSnapshot {
  readonly nodes: readonly SnapshotNode[];
}

interface SnapshotNode {
  readonly label: string;
  /** `Conv`, or `maskforge::LayerNorm`. */
  readonly operator: string;
  readonly isPlugin: boolean;
  /** Without constants. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Equal for nodes that compute the same of the same values. */
  readonly signature: string;
}

export interface PictureNode {
  readonly title: string;
  readonly name: string;
  /** `around`: not concerned, and shown so that one sees where the others stand. */
  readonly kind: 'changed' | 'plugin' | 'around';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A small part of a graph, laid out top to bottom. Pixels. */
export interface GraphPicture {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PictureNode[];
  /** Each a line through points. */
  readonly edges: readonly (readonly Point[])[];
}

/** More nodes than a finding names are no picture any more; of a longer one only a piece is drawn. */
const MOST_NAMED = 32;
/** A finding that names fewer is about what hangs together with them. */
const FEW_NAMED = 3;
const MOST_GROWN = 12;
const MOST_AROUND = 5;
const HEIGHT = 26;
const LETTER = 7;

export function takeSnapshot(graph: Graph): GraphSnapshot {
  return { nodes: graph.nodes.filter(({ opType }) => opType !== 'Constant').map((node) => snapshotOf(graph, node)) };
}

/** What stands at a finding before and after its pass; null where the finding names nothing that can be drawn. */
export function drawFinding(
  names: readonly string[],
  before: GraphSnapshot,
  after: GraphSnapshot,
): { readonly before: GraphPicture; readonly after: GraphPicture } | null {
  const stayed = new Set(after.nodes.map(({ signature }) => signature));
  const existed = new Set(before.nodes.map(({ signature }) => signature));
  const wanted = new Set(names);
  const named = before.nodes.filter(({ label }) => wanted.has(label));
  const gone = before.nodes.filter((node) => !stayed.has(node.signature) || wanted.has(node.label));
  const isWhole = named.length >= FEW_NAMED && named.length <= MOST_NAMED;
  const core = isWhole ? named : grow(named.slice(0, 1), gone, MOST_GROWN);
  const touched = new Set(core.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  const added = after.nodes.filter(({ signature }) => !existed.has(signature));
  const starts = added.filter(({ inputs, outputs }) => [...inputs, ...outputs].some((value) => touched.has(value)));
  const grown = grow(starts.slice(0, MOST_GROWN), added, isWhole ? MOST_NAMED : MOST_GROWN);
  if (core.length === 0 && grown.length === 0) return null;
  const around = aroundOf(before, core);
  // Where nothing new took their place, the neighbours are all that there is to see.
  const neighbours = grown.length > 0 ? aroundOf(after, grown) : sameNodes(after, around);
  return { before: draw(core, around), after: draw(grown, neighbours) };
}

/** The seeds and what of `among` hangs together with them, nearest first. */
function grow(seeds: readonly SnapshotNode[], among: readonly SnapshotNode[], most: number): SnapshotNode[] {
  const found = new Set(seeds);
  const queue = [...seeds];
  for (let node = queue.shift(); node !== undefined && found.size < most; node = queue.shift()) {
    for (const other of among) {
      if (found.size >= most || found.has(other) || !(feeds(node, other) || feeds(other, node))) continue;
      found.add(other);
      queue.push(other);
    }
  }
  return [...found];
}

function feeds(one: SnapshotNode, other: SnapshotNode): boolean {
  return one.outputs.some((value) => other.inputs.includes(value));
}

/** What feeds the nodes, and what reads them. */
function aroundOf({ nodes }: GraphSnapshot, core: readonly SnapshotNode[]): SnapshotNode[] {
  const inside = new Set(core);
  const others = nodes.filter((node) => !inside.has(node));
  const feeding = others.filter((node) => core.some((each) => feeds(node, each)));
  const reading = others.filter((node) => core.some((each) => feeds(each, node)));
  return [...new Set([...feeding.slice(0, MOST_AROUND), ...reading.slice(0, MOST_AROUND)])];
}

function sameNodes({ nodes }: GraphSnapshot, wanted: readonly SnapshotNode[]): SnapshotNode[] {
  const outputs = new Set(wanted.flatMap((node) => node.outputs));
  return nodes.filter((node) => node.outputs.some((value) => outputs.has(value)));
}

function draw(core: readonly SnapshotNode[], around: readonly SnapshotNode[]): GraphPicture {
  const all = [...core, ...around];
  const ids = new Map(all.map((node, index) => [node, String(index)]));
  const boxes: Box[] = all.map((node, index) => {
    return { id: String(index), width: node.operator.length * LETTER + 20, height: HEIGHT };
  });
  const links: Edge[] = all.flatMap((node) =>
    all
      .filter((other) => other !== node && feeds(node, other))
      // Neighbours that only know each other say nothing about the place.
      .filter((other) => core.length === 0 || core.includes(node) || core.includes(other))
      .map((other) => ({ from: ids.get(node) ?? '', to: ids.get(other) ?? '' })),
  );
  const layout = layOut(boxes, links);
  return {
    width: layout.width,
    height: layout.height,
    edges: layout.routes,
    nodes: layout.boxes.flatMap(({ id, ...box }) => {
      const node = all[Number(id)];
      if (node === undefined) return [];
      const kind = around.includes(node) ? 'around' : node.isPlugin ? 'plugin' : 'changed';
      return [{ title: node.operator, name: node.label, kind, ...box } as const];
    }),
  };
}

function snapshotOf(graph: Graph, node: NodeProto): SnapshotNode {
  const inputs = node.input.filter((value) => value !== '' && !graph.isConstant(value));
  const outputs = node.output.filter((value) => value !== '');
  const operator = node.domain === '' ? node.opType : `${node.domain}::${node.opType}`;
  return {
    label: nodeLabel(node),
    operator,
    isPlugin: node.domain !== '',
    inputs,
    outputs,
    signature: JSON.stringify([operator, node.input, outputs]),
  };
}
