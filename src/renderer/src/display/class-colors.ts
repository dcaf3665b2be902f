import type { Label, Rgb } from '../../../shared/domain/model';
import { paletteById, type Palette } from '../../../shared/palettes';
import type { PaletteId } from '../state/view-store';

export type ColorOf = (classId: number) => Rgb;

const builtIn: Readonly<Record<Exclude<PaletteId, 'model'>, Palette['id']>> = {
  cityscapes: 'cityscapes',
  ade20k: 'ade20k',
  'colour-blind': 'color-blind',
};

/** What the user picked, then the chosen palette; ids that the model does not name get a generated colour. */
export function classColors(
  labels: readonly Label[],
  palette: PaletteId,
  picked: Readonly<Record<number, Rgb>>,
): ColorOf {
  const byId = new Map(labels.map((label) => [label.id, label]));
  const generated = paletteById('distinct');
  const chosen = palette === 'model' ? null : paletteById(builtIn[palette]);
  return (id) => {
    const label = byId.get(id);
    return picked[id] ?? (chosen === null ? label?.color : chosen.colorOf(id, label?.name)) ?? generated.colorOf(id);
  };
}

/** Colours that differ from the model's own, by class id: what an export has to be told. */
export function changedColors(labels: readonly Label[], colorOf: ColorOf): Record<string, Rgb> {
  const changed: Record<string, Rgb> = {};
  for (const label of labels) {
    const color = colorOf(label.id);
    if (color.some((value, i) => value !== label.color[i])) changed[String(label.id)] = color;
  }
  return changed;
}

/** `#4a90d9`, as HTML's colour input wants it. */
export function toHex([red, green, blue]: Rgb): string {
  return `#${((red << 16) | (green << 8) | blue).toString(16).padStart(6, '0')}`;
}

/** The reverse of {@link toHex}; black for anything else. */
export function fromHex(hex: string): Rgb {
  const value = /^#[0-9a-f]{6}$/i.test(hex) ? Number.parseInt(hex.slice(1), 16) : 0;
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

/** Relative luminance after WCAG 2, 0–1. */
export function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
