import type { SideLatency, SideOfPicture } from '../../../shared/domain/comparison';
import type { Timings } from '../../../shared/domain/mask';
import type { CompareState } from './compare-store';

/** Figures of one side, of a picture or of all pictures of a run. */
export interface SideFigures {
  readonly failed: boolean;
  /** 0–1, null for the reference. */
  readonly agreement: number | null;
  readonly meanIou: number | null;
  /** Mean IoU with the drawn masks, where there are any. */
  readonly accuracy: number | null;
  /** Nanoseconds by stage: of the picture, or medians. */
  readonly timings: Timings | null;
  readonly classes: readonly ClassFigure[];
  /** How the timings came about. */
  readonly latency: Pick<SideLatency, 'pictures' | 'p95'> | null;
  readonly cached: boolean;
}

export interface ClassFigure {
  readonly id: number;
  readonly name: string;
  readonly iou: number | null;
  readonly pixels: number;
  readonly referencePixels: number;
}

export type Scope = 'picture' | 'run';

const nothing: SideFigures = {
  failed: false,
  agreement: null,
  meanIou: null,
  accuracy: null,
  timings: null,
  classes: [],
  latency: null,
  cached: false,
};

/** One for each side, in their order. */
export function figuresOf(state: CompareState, scope: Scope): SideFigures[] {
  if (scope === 'picture') {
    const { picture } = state;
    return state.sides.map((_, side) => ofPicture(picture.kind === 'done' ? picture.compared.sides[side] : undefined));
  }
  return state.sides.map((_, side) => {
    const found = state.result?.sides[side];
    if (found === undefined) return nothing;
    return {
      ...nothing,
      agreement: found.agreement?.pixelAgreement ?? null,
      meanIou: found.agreement?.meanIou ?? null,
      accuracy: found.accuracy?.meanIou ?? null,
      timings: found.latency?.median ?? null,
      classes: found.agreement?.classes ?? [],
      latency: found.latency,
    };
  });
}

function ofPicture(side: SideOfPicture | undefined): SideFigures {
  if (side === undefined) return nothing;
  if (side.outcome === 'failed') return { ...nothing, failed: true };
  return {
    ...nothing,
    agreement: side.score?.agreement ?? null,
    meanIou: side.score?.meanIou ?? null,
    accuracy: side.accuracy?.meanIou ?? null,
    timings: side.timings,
    classes: side.score?.classes ?? [],
    cached: side.cached,
  };
}

/** Of the picture on the screen; null for the reference. */
export function agreementOf({ picture }: CompareState, side: number): number | null {
  const found = picture.kind === 'done' ? picture.compared.sides[side] : undefined;
  return found?.outcome === 'mask' ? (found.score?.agreement ?? null) : null;
}

/** One row for each class that any side or the reference has, the least agreement first. */
export interface ClassRow {
  readonly id: number;
  readonly name: string;
  /** By side; null for the reference and where a side has no figure. */
  readonly figures: readonly (ClassFigure | null)[];
}

export function classRows(figures: readonly SideFigures[], search: string): ClassRow[] {
  const names = new Map<number, string>();
  for (const { classes } of figures) {
    for (const { id, name, pixels, referencePixels } of classes) if (pixels + referencePixels > 0) names.set(id, name);
  }
  const wanted = search.trim().toLowerCase();
  const rows = [...names]
    .filter(([id, name]) => wanted === '' || name.toLowerCase().includes(wanted) || String(id) === wanted)
    .map(([id, name]) => ({
      id,
      name,
      figures: figures.map(({ classes }) => classes.find((one) => one.id === id) ?? null),
    }));
  const worst = (row: ClassRow): number => Math.min(...row.figures.map((figure) => figure?.iou ?? 2));
  return rows.sort((a, b) => worst(a) - worst(b) || a.id - b.id);
}
