/** Layered drawing of a small directed graph, top to bottom. Sizes in pixels. */

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
}

export interface Placed extends Box {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly boxes: readonly Placed[];
  /** For each edge, in the order given, the points that it goes through: out of one box, between others, into the next. */
  readonly routes: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

const GAP_X = 18;
const GAP_Y = 26;
const SWEEPS = 6;

/** Room that an edge takes in a row that it only passes. */
const LANE = 6;

/** Longest paths give the rows, neighbours' middles the order in a row. The edges must have no cycle. */
export function layOut(boxes: readonly Box[], edges: readonly Edge[]): Layout {
  const rows = assignRows(boxes, edges);
  const chains = insertLanes(rows, edges);
  const order = orderRows(rows, chains.flatMap(linksOf));
  const width = Math.max(...order.map(rowWidth), 0);
  const places = new Map<string, Placed>();
  let y = 0;
  for (const row of order) {
    let x = (width - rowWidth(row)) / 2;
    const height = Math.max(...row.map((box) => box.height), 0);
    for (const box of row) {
      places.set(box.id, { ...box, x, y });
      x += box.width + GAP_X;
    }
    y += height + GAP_Y;
  }
  const placed = boxes.flatMap(({ id }) => places.get(id) ?? []);
  return {
    boxes: placed,
    routes: chains.map((chain) => routeOf(chain, places)),
    width,
    height: Math.max(0, y - GAP_Y),
  };
}

/** Puts a thin box into every row that an edge passes. @returns for each edge the ids from start to end. */
function insertLanes(rows: Box[][], edges: readonly Edge[]): string[][] {
  const rowOf = new Map(rows.flatMap((row, index) => row.map(({ id }): [string, number] => [id, index])));
  const height = Math.max(...rows.flat().map((box) => box.height), 0);
  return edges.map(({ from, to }, index) => {
    const lanes: string[] = [];
    for (let row = (rowOf.get(from) ?? 0) + 1; row < (rowOf.get(to) ?? 0); row += 1) {
      const id = `${from} > ${to} ${index} ${row}`;
      rows[row]?.push({ id, width: LANE, height });
      lanes.push(id);
    }
    return [from, ...lanes, to];
  });
}

function linksOf(chain: readonly string[]): Edge[] {
  return chain.slice(1).map((to, index) => ({ from: chain[index] ?? '', to }));
}

function routeOf(chain: readonly string[], places: ReadonlyMap<string, Placed>): Point[] {
  return chain.flatMap((id, index) => {
    const box = places.get(id);
    if (box === undefined) return [];
    const x = box.x + box.width / 2;
    const [top, bottom] = [
      { x, y: box.y },
      { x, y: box.y + box.height },
    ];
    if (index === 0) return [bottom];
    return index === chain.length - 1 ? [top] : [top, bottom];
  });
}

function rowWidth(row: readonly Box[]): number {
  return row.reduce((sum, box) => sum + box.width, 0) + GAP_X * Math.max(0, row.length - 1);
}

function assignRows(boxes: readonly Box[], edges: readonly Edge[]): Box[][] {
  const depth = new Map(boxes.map(({ id }) => [id, 0]));
  // As many rounds as there are boxes settle any graph without a cycle.
  for (let round = 0; round < boxes.length; round += 1) {
    let isSettled = true;
    for (const { from, to } of edges) {
      const least = (depth.get(from) ?? 0) + 1;
      if ((depth.get(to) ?? 0) >= least) continue;
      depth.set(to, least);
      isSettled = false;
    }
    if (isSettled) break;
  }
  pullDown(boxes, edges, depth);
  const rows: Box[][] = [];
  for (const box of boxes) (rows[depth.get(box.id) ?? 0] ??= []).push(box);
  return rows.filter((row) => row !== undefined);
}

/** A box that nothing feeds stands just above its first reader, not at the very top. */
function pullDown(boxes: readonly Box[], edges: readonly Edge[], depth: Map<string, number>): void {
  for (const { id } of boxes) {
    if (edges.some(({ to }) => to === id)) continue;
    const readers = edges.filter(({ from }) => from === id).map(({ to }) => depth.get(to) ?? 0);
    if (readers.length > 0) depth.set(id, Math.min(...readers) - 1);
  }
}

function orderRows(rows: readonly Box[][], edges: readonly Edge[]): Box[][] {
  let order = rows.map((row) => [...row]);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const place = new Map(
      order.flatMap((row) => row.map(({ id }, index): [string, number] => [id, (index + 0.5) / row.length])),
    );
    order = order.map((row) => {
      const weight = new Map(row.map(({ id }) => [id, middle(id, edges, place)]));
      return [...row].sort((one, other) => (weight.get(one.id) ?? 0) - (weight.get(other.id) ?? 0));
    });
  }
  return order;
}

function middle(id: string, edges: readonly Edge[], place: ReadonlyMap<string, number>): number {
  const near = edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
  const places = near.map((other) => place.get(other) ?? 0.5);
  return places.length === 0 ? (place.get(id) ?? 0.5) : places.reduce((sum, at) => sum + at, 0) / places.length;
}
