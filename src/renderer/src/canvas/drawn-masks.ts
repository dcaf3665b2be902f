import type { Mask } from '../../../shared/domain/mask';
import { maskIds } from '../../../shared/mask-ids';
import type { Label } from '../../../shared/domain/model';
import { classColors } from '../display/class-colors';
import { viewStore } from '../state/view-store';
import type { Painter } from './painter';
import { paletteBytes } from './palette-texture';
import type { Point } from './viewport';

interface DrawnMask {
  readonly mask: Mask;
  readonly ids: Uint8Array | Uint16Array;
}

/** Keeps the painter's masks and their colours as they should be; what stays the same is not sent again. */
export class DrawnMasks {
  readonly #painter: Pick<Painter, 'setMask' | 'setPalette' | 'removeMask'>;
  readonly #drawn = new Map<string, DrawnMask>();
  /** What colours follow from, and the colours by the size of an id. */
  #inputs: readonly unknown[] = [];
  readonly #palettes = new Map<Mask['bytesPerId'], Uint8Array>();

  constructor(painter: Pick<Painter, 'setMask' | 'setPalette' | 'removeMask'>) {
    this.#painter = painter;
  }

  /** Answers with whether there is a mask that was not drawn before. */
  sync(wanted: ReadonlyMap<string, Mask>, labels: readonly Label[]): boolean {
    const recoloured = this.#forgetOldPalettes(labels);
    for (const name of [...this.#drawn.keys()]) {
      if (wanted.has(name)) continue;
      this.#drawn.delete(name);
      this.#painter.removeMask(name);
    }
    let added = false;
    for (const [name, mask] of wanted) {
      if (this.#drawn.get(name)?.mask !== mask) {
        added = true;
        this.#drawn.set(name, { mask, ids: maskIds(mask) });
        this.#painter.setMask(name, mask, this.#palette(mask.bytesPerId, labels));
      } else if (recoloured) this.#painter.setPalette(name, this.#palette(mask.bytesPerId, labels));
    }
    return added;
  }

  has(name: string): boolean {
    return this.#drawn.has(name);
  }

  /** Null where there is no such mask. */
  classAt(name: string, { x, y }: Point): number | null {
    const drawn = this.#drawn.get(name);
    return drawn === undefined ? null : (drawn.ids[y * drawn.mask.width + x] ?? null);
  }

  #forgetOldPalettes(labels: readonly Label[]): boolean {
    const { palette, colors, hidden, solo } = viewStore.getState();
    const inputs = [palette, colors, hidden, solo, labels];
    if (inputs.every((input, i) => input === this.#inputs[i])) return false;
    this.#inputs = inputs;
    this.#palettes.clear();
    return true;
  }

  #palette(bytesPerId: Mask['bytesPerId'], labels: readonly Label[]): Uint8Array {
    const known = this.#palettes.get(bytesPerId);
    if (known !== undefined) return known;
    const { palette, colors, hidden, solo } = viewStore.getState();
    const visibility = { hidden, solo: new Set(solo === null ? [] : [solo]) };
    const bytes = paletteBytes(bytesPerId, classColors(labels, palette, colors), visibility);
    this.#palettes.set(bytesPerId, bytes);
    return bytes;
  }
}
