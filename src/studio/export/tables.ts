import type { Segmentation } from '../../shared/contract';
import type { ExportFormat } from '../../shared/domain/export';
import type { Label } from '../../shared/domain/model';
import { encodeRegions } from '../../media/coco-rle';
import type { ClassRegion } from '../../media/coco-rle';

/** Formats that hold all pictures of an export in one file. */
export const tableFormats: readonly ExportFormat[] = ['coco', 'csv'];

/** What of a picture goes into tables about many. */
export interface TableEntry {
  readonly fileName: string;
  readonly width: number;
  readonly height: number;
  readonly classes: Segmentation['classes'];
  /** Null when no COCO file was asked for. */
  readonly regions: readonly ClassRegion[] | null;
}

export function tableEntry(
  fileName: string,
  { mask, classes }: Pick<Segmentation, 'mask' | 'classes'>,
  withRegions: boolean,
): TableEntry {
  const { width, height } = mask;
  return { fileName, width, height, classes, regions: withRegions ? encodeRegions(mask) : null };
}

/** RFC 4180 with a header row; one row for each picture and class, most frequent class first. */
export function toCsv(entries: readonly TableEntry[]): string {
  return csvHeader() + entries.map(csvRows).join('');
}

export function csvHeader(): string {
  return csvRow(['file', 'width', 'height', 'class_id', 'label', 'pixels', 'share']);
}

export function csvRows({ fileName, width, height, classes }: Omit<TableEntry, 'regions'>): string {
  return classes
    .map(({ id, label, pixels, share }) => csvRow([fileName, width, height, id, label, pixels, share]))
    .join('');
}

/**
 * COCO's object detection format. Category ids are class ids; one annotation for each picture and class, with the class's
 * pixels as compressed run lengths, so that `pycocotools` reads it as it is.
 */
export function toCoco(entries: readonly TableEntry[], labels: readonly Label[], about: { model: string }): string {
  const images = entries.map((entry, index) => cocoImage(entry, index + 1));
  let annotationId = 0;
  const annotations = entries.flatMap((entry, index) =>
    (entry.regions ?? []).map((region) => cocoAnnotation(entry, region, index + 1, ++annotationId)),
  );
  const used = annotations.map(({ category_id }) => category_id);
  return JSON.stringify({ info: cocoInfo(about), images, annotations, categories: cocoCategories(labels, used) });
}

export function cocoInfo({ model }: { model: string }): object {
  return { description: `Masks made by ${model} in Maskforge`, version: '1.0' };
}

export function cocoImage({ fileName, width, height }: Pick<TableEntry, 'fileName' | 'width' | 'height'>, id: number) {
  return { id, file_name: fileName, width, height };
}

export function cocoAnnotation(
  { width, height }: Pick<TableEntry, 'width' | 'height'>,
  { id: category_id, counts, area, bbox }: ClassRegion,
  image_id: number,
  id: number,
) {
  return { id, image_id, category_id, segmentation: { size: [height, width], counts }, area, bbox, iscrowd: 0 };
}

/** Of the labels and of whatever else occurs. */
export function cocoCategories(labels: readonly Label[], used: Iterable<number>): object[] {
  const named = new Map(labels.map(({ id, name }) => [id, name]));
  return [...new Set([...named.keys(), ...used])]
    .sort((a, b) => a - b)
    .map((id) => ({ id, name: named.get(id) ?? `class ${id}`, supercategory: '' }));
}

function csvRow(fields: readonly (string | number)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
