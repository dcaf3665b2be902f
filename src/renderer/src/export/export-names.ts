import type { ExportFormat } from '../../../shared/domain/export';

export const exportFormats: readonly ExportFormat[] = ['index', 'palette', 'overlay', 'coco', 'csv'];

/** What follows a picture's name without its extension. */
export const endings: Readonly<Record<ExportFormat, string>> = {
  index: '.index.png',
  palette: '.palette.png',
  overlay: '.overlay.png',
  coco: '.coco.json',
  csv: '.csv',
};

/** The files that an export of one picture makes, in the order of the formats: `street.index.png`. */
export function exportNames(pictureName: string, formats: readonly ExportFormat[]): string[] {
  const stem = pictureName.replace(/\.[^.]+$/, '');
  return exportFormats.filter((format) => formats.includes(format)).map((format) => `${stem}${endings[format]}`);
}
