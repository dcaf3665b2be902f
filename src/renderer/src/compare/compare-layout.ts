import type { ComparedPicture } from '../../../shared/domain/comparison';
import type { Mask } from '../../../shared/domain/mask';
import type { Label } from '../../../shared/domain/model';
import type { Arrangement, Layout } from '../canvas/arrangement';
import { openComparison, type CompareState } from './compare-store';

/** CSS pixels. */
const LENS_RADIUS = 110;
const STRIPE = 4;
/** What drawn masks hold where nobody drew, unless a class has that id. */
const NOBODY_DREW = [255, 65_535] as const;

/** The canvas layout that a view stands for. `ratio`: device pixels for each CSS pixel. */
export function layoutOf(state: CompareState, ratio: number): Layout {
  const { view, reference, other, held } = state;
  if (held) return { kind: 'single', side: reference };
  switch (view) {
    case 'swipe':
      return { kind: 'swipe', left: reference, right: other, at: state.swipeAt };
    case 'tiles':
      return { kind: 'tiles', sides: state.sides.map((_, side) => side) };
    case 'onion':
      return { kind: 'onion', under: reference, over: other, share: state.share };
    case 'blink':
      return { kind: 'single', side: state.picked };
    case 'lens':
      return { kind: 'lens', under: reference, inside: other, radius: LENS_RADIUS * ratio };
    case 'difference':
      return {
        kind: 'difference',
        from: reference,
        to: other,
        paint: state.paint,
        pair: state.change,
        ignored: ignoredId(state),
        stripe: STRIPE * ratio,
      };
  }
}

/** What the canvas is to show, or null while there is nothing to compare. */
export function arrangementOf(state: CompareState, ratio: number): Arrangement | null {
  if (state.sides.length < 2) return null;
  const { picture } = state;
  const compared = picture.kind === 'done' ? picture.compared : null;
  return {
    pictureId: picture.kind === 'none' ? null : picture.pictureId,
    masks: state.sides.map((_, side) => maskOf(compared, side)),
    labels: openComparison(state)?.labels ?? noLabels,
    present: classesOf(compared),
    layout: layoutOf(state, ratio),
  };
}

/** The mask of a side of the picture on the screen; null where it failed or is on its way. */
export function maskOf(compared: ComparedPicture | null, side: number): Mask | null {
  const found = compared?.sides[side];
  return found?.outcome === 'mask' ? found.mask : null;
}

/** The id that stands for no class where one of the sides was drawn; null where all ids are classes. */
export function ignoredId(state: CompareState): number | null {
  const open = openComparison(state);
  if (open === null || !open.sides.some(({ kind }) => kind === 'masks')) return null;
  return NOBODY_DREW.find((drawn) => !open.labels.some(({ id }) => id === drawn)) ?? null;
}

const noLabels: readonly Label[] = [];
const noClasses: ReadonlySet<number> = new Set();

function classesOf(compared: ComparedPicture | null): ReadonlySet<number> {
  if (compared === null) return noClasses;
  return new Set(compared.sides.flatMap((side) => (side.outcome === 'mask' ? side.classes.map(({ id }) => id) : [])));
}
