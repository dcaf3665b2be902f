import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import type {
  ComparedPicture,
  ComparisonResult,
  ComparisonSide,
  OpenComparison,
} from '../../../shared/domain/comparison';

/** How the sides share the canvas, in the order of the switch. */
export const compareViews = ['swipe', 'tiles', 'onion', 'blink', 'lens', 'difference'] as const;
export type CompareView = (typeof compareViews)[number];

/** A change of class from the reference to another side. */
export interface ClassChange {
  readonly from: number;
  readonly to: number;
}

export type ComparisonState =
  | { readonly kind: 'none' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly open: OpenComparison }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

export type PictureState =
  | { readonly kind: 'none' }
  | { readonly kind: 'working'; readonly pictureId: string }
  | { readonly kind: 'done'; readonly pictureId: string; readonly compared: ComparedPicture }
  | { readonly kind: 'failed'; readonly pictureId: string; readonly error: ErrorReport };

export interface CompareState {
  /** What is to be compared, in the order of the numbers that name the sides; fewer than two until there is something. */
  readonly sides: readonly ComparisonSide[];
  /** Index of the side that the others are compared with. */
  readonly reference: number;
  /** False while the sides are the studio's own choice, which follows the open model. */
  readonly chosen: boolean;
  /** True from when sides were asked for elsewhere until they are being opened. */
  readonly wanted: boolean;
  readonly comparison: ComparisonState;
  readonly picture: PictureState;
  /** What the last run found; null before there was one. */
  readonly result: ComparisonResult | null;
  readonly runJobId: string | null;

  readonly view: CompareView;
  /** The side that was picked last, which blinking shows; the reference may be it. */
  readonly picked: number;
  /** The side beside the reference where two are shown. */
  readonly other: number;
  /** Of the divider, 0–1. */
  readonly swipeAt: number;
  /** Of the other side in the onion skin, 0–1. */
  readonly share: number;
  /** While the user holds what shows the reference. */
  readonly held: boolean;
  readonly paint: 'to' | 'both';
  /** Only this change is shown among the differences; all when null. */
  readonly change: ClassChange | null;
}

export const initialCompare: CompareState = {
  sides: [],
  reference: 0,
  chosen: false,
  wanted: false,
  comparison: { kind: 'none' },
  picture: { kind: 'none' },
  result: null,
  runJobId: null,
  view: 'swipe',
  picked: 1,
  other: 1,
  swipeAt: 0.5,
  share: 0.5,
  held: false,
  paint: 'to',
  change: null,
};

export const compareStore = createStore<CompareState>(() => initialCompare);

export function useCompare<T>(select: (state: CompareState) => T): T {
  return useStore(compareStore, select);
}

export function setCompare(change: Partial<CompareState>): void {
  compareStore.setState(change);
}

export function openComparison({ comparison }: CompareState): OpenComparison | null {
  return comparison.kind === 'open' ? comparison.open : null;
}

/** Shows a side beside the reference, or alone where sides blink. Nothing where there is none of this number. */
export function pickSide(side: number): void {
  compareStore.setState((state) => {
    if (side < 0 || side >= state.sides.length) return state;
    return { picked: side, ...(side === state.reference ? {} : { other: side }) };
  });
}

let beforeDifference: CompareView = 'swipe';

/** To what differs, and back to the view before. */
export function toggleDifference(): void {
  const { view } = compareStore.getState();
  if (view !== 'difference') beforeDifference = view;
  setCompare({ view: view === 'difference' ? beforeDifference : 'difference' });
}
