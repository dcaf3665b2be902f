import type { ExportFormat } from '../../../shared/domain/export';

export const exportFormats: readonly ExportFormat[] = ['index', 'palette', 'overlay', 'coco', 'csv'];

/** What follows a picture's name without its extension. */
export const endings: Readonly<Record<ExportFormat, string>> = {
  index: '.index.png',
  palette: '.palette.png',
  overlay: '.overlay.png',
  coco: '.coco.json',
  csv: '.classes.csv',
};

/** Formats of which an export of many pictures into a folder makes one file for all. */
const tables: readonly ExportFormat[] = ['coco', 'csv'];

export interface ExportedNames {
  /** Of the first picture, then those that hold all pictures: `street.index.png`, `masks.coco.json`. */
  readonly names: readonly string[];
  /** Of all pictures together. */
  readonly count: number;
}

/**
 * The files that an export makes, in the order of the formats. `intoFolder`: written by the studio as one job, which
 * joins tables; downloads come picture by picture.
 */
export function exportedNames(
  pictureNames: readonly string[],
  formats: readonly ExportFormat[],
  intoFolder: boolean,
): ExportedNames {
  const chosen = exportFormats.filter((format) => formats.includes(format));
  const joins = intoFolder && pictureNames.length > 1;
  const joined = chosen.filter((format) => joins && tables.includes(format));
  const single = chosen.filter((format) => !joined.includes(format));
  const [first] = pictureNames;
  if (first === undefined) return { names: [], count: 0 };
  const stem = first.replace(/\.[^.]+$/, '');
  return {
    names: [
      ...single.map((format) => `${stem}${endings[format]}`),
      ...joined.map((format) => `masks${endings[format]}`),
    ],
    count: single.length * pictureNames.length + joined.length,
  };
}
