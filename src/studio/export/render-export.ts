import type { Segmentation } from '../../shared/contract';
import { AppError } from '../../shared/app-error';
import type { ExportFormat, MaskStyle } from '../../shared/domain/export';
import type { Label, Rgb } from '../../shared/domain/model';
import { paletteById } from '../../shared/palettes';
import { encodeFramePng } from '../../media/frame-png';
import { drawOverlay } from '../../media/overlay';
import type { PictureFile } from '../../media/picture-file';
import { encodeIndexPng, encodePalettePng } from '../../media/png-writer';
import { tableEntry, toCoco, toCsv } from './tables';

export interface ExportSubject {
  readonly fileName: string;
  readonly segmentation: Pick<Segmentation, 'mask' | 'classes'>;
  readonly labels: readonly Label[];
  readonly modelName: string;
  readonly style: MaskStyle;
  /** Opened only when the picture itself is drawn. */
  openPicture(): Promise<PictureFile>;
}

export interface FormatFacts {
  readonly ending: string;
  readonly mime: string;
}

export const exportFormats: Readonly<Record<ExportFormat, FormatFacts>> = {
  index: { ending: '.index.png', mime: 'image/png' },
  palette: { ending: '.palette.png', mime: 'image/png' },
  overlay: { ending: '.overlay.png', mime: 'image/png' },
  coco: { ending: '.coco.json', mime: 'application/json' },
  csv: { ending: '.classes.csv', mime: 'text/csv' },
};

/** @throws AppError EXPORT_PALETTE_TOO_SMALL, and what reading the picture throws */
export async function renderExport(format: ExportFormat, subject: ExportSubject): Promise<Uint8Array> {
  const { segmentation, fileName, labels } = subject;
  const { mask } = segmentation;
  switch (format) {
    case 'index':
      return encodeIndexPng(mask);
    case 'palette':
      if (mask.bytesPerId === 2) throw paletteTooSmall(fileName);
      return encodePalettePng(mask, paletteColors(subject));
    case 'overlay': {
      const { opacity, mode, outlineWidth, hidden } = subject.style;
      const frame = await (await subject.openPicture()).read();
      const colorOf = colorsOf(subject);
      return encodeFramePng(
        drawOverlay(frame, mask, { opacity, mode, outlineWidth, hidden: new Set(hidden), colorOf }),
      );
    }
    case 'coco':
      return text(toCoco([tableEntry(fileName, segmentation, true)], labels, { model: subject.modelName }));
    case 'csv':
      return text(toCsv([tableEntry(fileName, segmentation, false)]));
  }
}

export function text(content: string): Uint8Array {
  return Buffer.from(content, 'utf8');
}

/** What the user picked, then the model's colour, then a generated one: as the window draws it. */
function colorsOf({ labels, style }: ExportSubject): (id: number) => Rgb {
  const own = new Map(labels.map(({ id, color }) => [id, color]));
  const generated = paletteById('distinct');
  return (id) => style.colors[String(id)] ?? own.get(id) ?? generated.colorOf(id);
}

/** A colour for each label and for each id that occurs; the table has no holes. */
function paletteColors(subject: ExportSubject): Rgb[] {
  const used = subject.segmentation.classes.map(({ id }) => id);
  const last = Math.min(255, Math.max(0, ...used, ...subject.labels.map(({ id }) => id)));
  const colorOf = colorsOf(subject);
  return Array.from({ length: last + 1 }, (_, id) => colorOf(id));
}

function paletteTooSmall(fileName: string): AppError {
  return new AppError(
    'EXPORT_PALETTE_TOO_SMALL',
    `The mask of ${fileName} has more classes than a PNG palette has colours (256).`,
    {
      hint: 'Export it as index PNG (16 bit) or as overlay.',
      details: { file: fileName },
    },
  );
}
