import { setView, viewStore, type ViewState } from '../state/view-store';

const storageKey = 'maskforge.display';

type Remembered = Pick<ViewState, 'opacity' | 'mode' | 'outlineWidth' | 'backdrop' | 'palette'>;

const modes: readonly Remembered['mode'][] = ['fill', 'outline'];
const backdrops: readonly Remembered['backdrop'][] = ['theme', 'black', 'white', 'checker'];
const palettes: readonly Remembered['palette'][] = ['model', 'cityscapes', 'ade20k', 'colour-blind'];

/**
 * How masks are drawn belongs to the user, so the next start draws them alike. Classes, their colours and the divider
 * belong to a picture or a model and are not kept. Answers with a function that stops it.
 */
export function rememberDisplay(): () => void {
  setView(parseDisplay(window.localStorage.getItem(storageKey)));
  return viewStore.subscribe((state, before) => {
    const { opacity, mode, outlineWidth, backdrop, palette } = state;
    const same =
      opacity === before.opacity &&
      mode === before.mode &&
      outlineWidth === before.outlineWidth &&
      backdrop === before.backdrop &&
      palette === before.palette;
    if (same) return;
    window.localStorage.setItem(storageKey, JSON.stringify({ opacity, mode, outlineWidth, backdrop, palette }));
  });
}

/** What of a stored text is still understood; the rest keeps its default. */
export function parseDisplay(text: string | null): Partial<Remembered> {
  const stored = parseObject(text);
  const { opacity, outlineWidth } = stored;
  const mode = modes.find((value) => value === stored['mode']);
  const backdrop = backdrops.find((value) => value === stored['backdrop']);
  const palette = palettes.find((value) => value === stored['palette']);
  return {
    ...(isBetween(opacity, 0, 1) ? { opacity } : {}),
    ...(isBetween(outlineWidth, 1, 6) ? { outlineWidth } : {}),
    ...(mode === undefined ? {} : { mode }),
    ...(backdrop === undefined ? {} : { backdrop }),
    ...(palette === undefined ? {} : { palette }),
  };
}

function parseObject(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isBetween(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high;
}
