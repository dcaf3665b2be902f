import type { Mask } from '../../../shared/domain/mask';
import type { Label } from '../../../shared/domain/model';
import { DISC_RIM, type Difference, type MaskLook, type Pane } from './scene';
import { fitScale, type Point, type Rect, type Size } from './viewport';

/** How several masks of one picture share the canvas. Sides are named by their index. */
export type Layout =
  | { readonly kind: 'single'; readonly side: number }
  /** `at` is the divider's place, 0–1 of the canvas' width. */
  | { readonly kind: 'swipe'; readonly left: number; readonly right: number; readonly at: number }
  | { readonly kind: 'tiles'; readonly sides: readonly number[] }
  /** `share` (0–1) of `over`, the rest of `under`. */
  | { readonly kind: 'onion'; readonly under: number; readonly over: number; readonly share: number }
  /** `radius` in screen pixels, around the pointer. */
  | { readonly kind: 'lens'; readonly under: number; readonly inside: number; readonly radius: number }
  | {
      readonly kind: 'difference';
      readonly from: number;
      readonly to: number;
      readonly paint: Difference['paint'];
      readonly pair: Difference['pair'];
      readonly ignored: number | null;
      readonly stripe: number;
    };

/** What the canvas draws in place of the selected picture's one mask. */
export interface Arrangement {
  /** Of the picture that the masks belong to; for another one they are not drawn. */
  readonly pictureId: string | null;
  /** By side; null where a side has none. */
  readonly masks: readonly (Mask | null)[];
  /** Shared by all sides. */
  readonly labels: readonly Label[];
  /** Classes that any of the masks holds. */
  readonly present: ReadonlySet<number>;
  readonly layout: Layout;
}

/** Between tiles, screen pixels. */
const GAP = 2;
/** Of the veil over what is the same. */
const VEIL = 0.6;
/** Pixels that differ are few: they are drawn at least this strong. */
const DIFFERENCE_OPACITY = 0.85;

export function maskName(side: number): string {
  return `side-${side}`;
}

/**
 * The parts of the canvas that each show the picture at the same zoom: one, or tiles of one size in the rows and columns
 * that show most of the picture.
 */
export function tilesOf(layout: Layout, canvas: Size, picture: Size): Rect[] {
  if (layout.kind !== 'tiles') return [{ x: 0, y: 0, ...canvas }];
  const count = Math.max(1, layout.sides.length);
  const grids = Array.from({ length: count }, (_, i) => ({ columns: i + 1, rows: Math.ceil(count / (i + 1)) }));
  const tileOf = ({ columns, rows }: { columns: number; rows: number }): Size => ({
    width: Math.max(1, Math.floor((canvas.width - GAP * (columns - 1)) / columns)),
    height: Math.max(1, Math.floor((canvas.height - GAP * (rows - 1)) / rows)),
  });
  const scales = grids.map((grid) => fitScale(picture, tileOf(grid)));
  const best = grids[scales.indexOf(Math.max(...scales))] ?? { columns: count, rows: 1 };
  const tile = tileOf(best);
  return Array.from({ length: count }, (_, i) => ({
    x: (i % best.columns) * (tile.width + GAP),
    y: Math.floor(i / best.columns) * (tile.height + GAP),
    ...tile,
  }));
}

/** The tile under a point of the canvas, or the one nearest to it, and where in it the point lies. */
export function pointInTile(tiles: readonly Rect[], point: Point): { readonly tile: number; readonly at: Point } {
  const distance = ({ x, y, width, height }: Rect): number =>
    Math.hypot(Math.max(x - point.x, 0, point.x - x - width), Math.max(y - point.y, 0, point.y - y - height));
  const distances = tiles.map(distance);
  const tile = Math.max(0, distances.indexOf(Math.min(...distances)));
  const { x, y } = tiles[tile] ?? { x: 0, y: 0 };
  return { tile, at: { x: point.x - x, y: point.y - y } };
}

/** The panes of a layout. `pointer` is where the lens is, in screen pixels of the canvas. */
export function arrangedPanes(
  layout: Layout,
  tiles: readonly Rect[],
  look: MaskLook,
  pointer: Point | null,
  hideMasks: boolean,
): Pane[] {
  const [whole = { x: 0, y: 0, width: 1, height: 1 }] = tiles;
  const pane = (side: number, more: Partial<Pane> = {}): Pane => ({
    area: whole,
    clip: more.area ?? whole,
    mask: hideMasks ? null : maskName(side),
    look,
    ...more,
  });
  switch (layout.kind) {
    case 'single':
      return [pane(layout.side)];
    case 'swipe': {
      const at = Math.round(whole.width * Math.min(1, Math.max(0, layout.at)));
      return [
        pane(layout.left, { clip: { ...whole, width: at } }),
        pane(layout.right, { clip: { ...whole, x: at, width: whole.width - at } }),
      ];
    }
    case 'tiles':
      return layout.sides.map((side, i) => pane(side, { area: tiles[i] ?? whole }));
    case 'onion':
      return [pane(layout.under, { second: { kind: 'mix', mask: maskName(layout.over), share: layout.share } })];
    case 'lens':
      return [pane(layout.under), ...(pointer === null ? [] : [lensPane(pane(layout.inside), layout.radius, pointer)])];
    case 'difference':
      return [differencePane(pane(layout.from), layout)];
  }
}

/** The side that is seen at a point of the canvas: what the legend follows. */
export function sideAt(layout: Layout, tile: number, point: Point, canvas: Size): number {
  switch (layout.kind) {
    case 'single':
      return layout.side;
    case 'swipe':
      return point.x < layout.at * canvas.width ? layout.left : layout.right;
    case 'tiles':
      return layout.sides[tile] ?? 0;
    case 'onion':
      return layout.share > 0.5 ? layout.over : layout.under;
    case 'lens':
      return layout.inside;
    case 'difference':
      return layout.to;
  }
}

function lensPane(pane: Pane, radius: number, center: Point): Pane {
  const reach = radius + DISC_RIM;
  const clip = { x: center.x - reach, y: center.y - reach, width: 2 * reach, height: 2 * reach };
  return { ...pane, clip, disc: { center, radius } };
}

function differencePane(pane: Pane, layout: Extract<Layout, { kind: 'difference' }>): Pane {
  const { to, paint, pair, ignored, stripe } = layout;
  return {
    ...pane,
    look: { ...pane.look, opacity: Math.max(pane.look.opacity, DIFFERENCE_OPACITY) },
    second: { kind: 'difference', mask: maskName(to), paint, pair, ignored, veil: VEIL, stripe },
  };
}
