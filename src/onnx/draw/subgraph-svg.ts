import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { shapesOf } from '../infer-shapes';
import type { ShapeTable } from '../infer-shapes';
import { integersOf } from '../match';
import { attributeInts, isOp } from '../node';
import type { Box, Edge, Layout, Point } from './layout';
import { layOut } from './layout';

/** Which part of a graph to draw: what `ends` need, back to `starts`. */
export interface Part {
  readonly graph: Graph;
  readonly starts: readonly string[];
  readonly ends: readonly string[];
  /** Also the nodes that compute sizes. */
  readonly withSizes: boolean;
}

interface Label {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly kind: 'node' | 'size' | 'value' | 'plugin';
}

interface Drawing {
  readonly labels: readonly Label[];
  readonly layout: Layout;
}

const MARGIN = 16;
const HEADING = 34;
const LINE = 15;
const PAIR_GAP = 48;

const STYLE = [
  'text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2328}',
  '.heading{font-weight:600;font-size:13px}',
  '.detail{font-size:10.5px;fill:#57606a;font-family:ui-monospace,monospace}',
  '.paper{fill:#ffffff}.node{fill:#eef4ff;stroke:#3b6fd4}.size{fill:#fff6e5;stroke:#c98a1b}',
  '.plugin{fill:#e8f8ee;stroke:#2a9d5c}.value{fill:#f3f4f6;stroke:#8c959f;stroke-dasharray:3 2}',
  '.edge{fill:none;stroke:#8c959f}',
  '@media (prefers-color-scheme:dark){text{fill:#e6edf3}.detail{fill:#9da7b3}.paper{fill:#0d1117}',
  '.node{fill:#14243f;stroke:#6ea0ff}.size{fill:#33270f;stroke:#d9a441}.plugin{fill:#10301f;stroke:#4cc38a}.value{fill:#1c2128}}',
].join('');

/** Two parts side by side, as one SVG document. */
export function drawPair(before: Part, after: Part, headings: readonly [string, string]): string {
  const [left, right] = [draw(before), draw(after)];
  const leftWidth = Math.max(left.layout.width, textWidth(headings[0]));
  const rightWidth = Math.max(right.layout.width, textWidth(headings[1]));
  const width = leftWidth + PAIR_GAP + rightWidth + 2 * MARGIN;
  const height = Math.max(left.layout.height, right.layout.height) + HEADING + 2 * MARGIN;
  const body = [
    `<rect class="paper" width="${round(width)}" height="${round(height)}" rx="8"/>`,
    group(left, MARGIN, headings[0], leftWidth),
    group(right, MARGIN + leftWidth + PAIR_GAP, headings[1], rightWidth),
  ].join('\n');
  const size = `viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><style>${STYLE}</style>\n${body}\n</svg>\n`;
}

function draw(part: Part): Drawing {
  const { graph } = part;
  const table = shapesOf(graph);
  const nodes = neededNodes(part, table);
  const labels = new Map<string, Label>();
  const edges: Edge[] = [];
  const makers = new Map(nodes.flatMap((node) => node.output.map((value): [string, string] => [value, idOf(node)])));
  for (const node of nodes) {
    labels.set(idOf(node), nodeLabelOf(graph, node, table));
    for (const value of node.input) {
      if (value === '' || graph.isConstant(value)) continue;
      const maker = makers.get(value);
      if (maker === undefined && !part.withSizes && !isData(table, value)) continue;
      if (maker === undefined && !labels.has(value)) {
        labels.set(value, { id: value, title: shortName(value), detail: brief(table.format(value)), kind: 'value' });
      }
      edges.push({ from: maker ?? value, to: idOf(node) });
    }
  }
  const boxes = [...labels.values()].map(toBox);
  return { labels: [...labels.values()], layout: layOut(boxes, edges) };
}

function neededNodes(part: Part, table: ShapeTable): NodeProto[] {
  const { graph, starts, ends, withSizes } = part;
  const stops = new Set(starts);
  const needed = new Set<NodeProto>();
  const queue = [...ends];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    const node = graph.producer(value);
    if (node === undefined || stops.has(value) || needed.has(node) || isOp(node, 'Constant')) continue;
    if (!withSizes && !isData(table, value)) continue;
    needed.add(node);
    // What a size is read from is named, not drawn: it would lead through the whole network.
    if (!isOp(node, 'Shape')) queue.push(...node.input);
  }
  return graph.nodes.filter((node) => needed.has(node));
}

function isData(table: ShapeTable, value: string): boolean {
  return isFloatType(table.elementType(value)) || (table.rank(value) ?? 0) > 2;
}

function nodeLabelOf(graph: Graph, node: NodeProto, table: ShapeTable): Label {
  const [output = ''] = node.output;
  const values = table.values(output);
  const isSize = !isData(table, output);
  const shown =
    isSize && values !== undefined && values.length <= 8 ? `= ${values.map(String).join(', ')}` : table.format(output);
  const note = noteOf(graph, node);
  const kind = node.domain === '' ? (isSize ? 'size' : 'node') : 'plugin';
  return {
    id: node.name,
    title: note === '' ? titleOf(node) : `${titleOf(node)}  ${note}`,
    detail: clip(brief(shown)),
    kind,
  };
}

/** Names may be missing; outputs are unique. */
function idOf(node: NodeProto): string {
  return `node ${node.output[0] ?? node.name}`;
}

function titleOf(node: NodeProto): string {
  return node.domain === '' ? node.opType : `${node.domain}::${node.opType}`;
}

/** The one thing about the node that the picture is about. */
function noteOf(graph: Graph, node: NodeProto): string {
  if (isOp(node, 'Transpose')) return `(${attributeInts(node, 'perm')?.join(' ') ?? ''})`;
  if (isOp(node, 'Reshape')) {
    const target = integersOf(graph, node.input[1]);
    return target === undefined ? '' : `to [${target.join(', ')}]`;
  }
  const weight = node.input
    .slice(1)
    .map((value) => graph.constant(value))
    .find((constant) => (constant?.dims.length ?? 0) >= 2);
  if (isOp(node, 'Conv', 'MatMul') && weight !== undefined) return `${weight.dims.join('x')}`;
  return '';
}

function group({ labels, layout }: Drawing, x: number, heading: string, width: number): string {
  const places = new Map(layout.boxes.map((box) => [box.id, box]));
  const shift = x + (width - layout.width) / 2;
  const lines = layout.routes.map((route) => `<path class="edge" d="${pathOf(route)}"/>`);
  const boxes = labels.map(({ id, title, detail, kind }) => {
    const box = places.get(id);
    if (box === undefined) return '';
    const middle = round(box.x + box.width / 2);
    return (
      `<rect class="${kind}" x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${box.height}" rx="5"/>` +
      `<text x="${middle}" y="${round(box.y + LINE)}" text-anchor="middle">${escape(title)}</text>` +
      `<text class="detail" x="${middle}" y="${round(box.y + 2 * LINE - 1)}" text-anchor="middle">${escape(detail)}</text>`
    );
  });
  const title = `<text class="heading" x="${round(x + width / 2)}" y="${MARGIN + 6}" text-anchor="middle">${escape(heading)}</text>`;
  return `${title}<g transform="translate(${round(shift)} ${MARGIN + HEADING - 8})">${lines.join('')}${boxes.join('')}</g>`;
}

/** Straight through a row, in a soft bend from one row to the next. */
function pathOf(route: readonly Point[]): string {
  return route
    .map(({ x, y }, index) => {
      const before = route[index - 1];
      if (before === undefined) return `M${round(x)} ${round(y)}`;
      if (before.x === x) return `L${round(x)} ${round(y)}`;
      const bend = (y - before.y) / 2;
      return `C${round(before.x)} ${round(before.y + bend)} ${round(x)} ${round(y - bend)} ${round(x)} ${round(y)}`;
    })
    .join('');
}

function toBox({ id, title, detail }: Label): Box {
  return { id, width: Math.max(textWidth(title), textWidth(detail) * 0.92, 60) + 16, height: 2 * LINE + 8 };
}

function textWidth(text: string): number {
  return text.length * 6.9;
}

/** Sizes as one writes them on paper: N, H and W, and a ceiling where the formula is one. */
function brief(text: string): string {
  const letters: Readonly<Record<string, string>> = { batch: 'N', height: 'H', width: 'W' };
  return text
    .replace(/\b(batch|height|width|h|w|n)\b/g, (name) => letters[name] ?? name.toUpperCase())
    .replace(/floor\(\((\w+) \+ (\d+)\)\/(\d+)\)/g, (_, name: string, added: string, by: string) =>
      Number(added) === Number(by) - 1 ? `⌈${name}/${by}⌉` : `⌊(${name}+${added})/${by}⌋`,
    )
    .replace(/floor\(\(?(\w+)\)?\/(\d+)\)/g, '⌊$1/$2⌋')
    .replaceAll('*', '·');
}

function shortName(value: string): string {
  const parts = value.split('/').filter((part) => part !== '');
  return clip(
    parts
      .slice(-2)
      .join('/')
      .replace(/_output_\d+$/, ''),
  );
}

function clip(text: string): string {
  return text.length > 44 ? `${text.slice(0, 43)}…` : text;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
