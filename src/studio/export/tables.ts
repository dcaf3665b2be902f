import type { Segmentation } from '../../shared/contract';
import type { Label } from '../../shared/domain/model';
import { encodeRegions } from '../../media/coco-rle';
import type { ClassRegion } from '../../media/coco-rle';

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
  { picture, mask, classes }: Segmentation,
  withRegions: boolean,
): TableEntry {
  const { width, height } = picture;
  return { fileName, width, height, classes, regions: withRegions ? encodeRegions(mask) : null };
}

/** RFC 4180 with a header row; one row for each picture and class, most frequent class first. */
export function toCsv(entries: readonly TableEntry[]): string {
  const rows = entries.flatMap(({ fileName, width, height, classes }) =>
    classes.map(({ id, label, pixels, share }) => [fileName, width, height, id, label, pixels, share]),
  );
  const header = ['file', 'width', 'height', 'class_id', 'label', 'pixels', 'share'];
  return [header, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/**
 * COCO's object detection format. Category ids are class ids; one annotation for each picture and class, with the class's
 * pixels as compressed run lengths, so that `pycocotools` reads it as it is.
 */
export function toCoco(entries: readonly TableEntry[], labels: readonly Label[], about: { model: string }): string {
  const images = entries.map(({ fileName, width, height }, index) => ({
    id: index + 1,
    file_name: fileName,
    width,
    height,
  }));
  const annotations = entries.flatMap(({ width, height, regions }, index) =>
    (regions ?? []).map(({ id, counts, area, bbox }) => ({
      image_id: index + 1,
      category_id: id,
      segmentation: { size: [height, width], counts },
      area,
      bbox,
      iscrowd: 0,
    })),
  );
  const named = new Map(labels.map(({ id, name }) => [id, name]));
  const ids = new Set([...named.keys(), ...annotations.map(({ category_id }) => category_id)]);
  const categories = [...ids]
    .sort((a, b) => a - b)
    .map((id) => ({ id, name: named.get(id) ?? `class ${id}`, supercategory: '' }));
  const numbered = annotations.map((annotation, index) => ({ id: index + 1, ...annotation }));
  const info = { description: `Masks made by ${about.model} in Maskforge`, version: '1.0' };
  return JSON.stringify({ info, images, annotations: numbered, categories });
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
