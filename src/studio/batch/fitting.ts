import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchOrder } from '../../shared/batch-contract';
import type { ExportFormat, MaskStyle } from '../../shared/domain/export';
import { fileError } from '../../media/picture-errors';
import { exportFormats } from '../export/render-export';
import { tableFormats } from '../export/tables';
import type { OpenSession } from '../sessions/session-registry';
import type { BatchItem } from './batch-item';
import type { DoneRecord } from './journal';

/** What a picture's files must be like to count as done. */
export interface Wish {
  readonly maker: string;
  readonly look: string;
  /** Formats with a file for each picture. */
  readonly pictures: readonly ExportFormat[];
  readonly wantsRegions: boolean;
  readonly wantsTables: boolean;
  readonly byContent: boolean;
}

/** Formats that show colours: another style makes another file. */
const coloured: readonly ExportFormat[] = ['palette', 'overlay'];

export function wishOf({ formats, style, unchanged }: BatchOrder, open: OpenSession): Wish {
  const colors = open.model.labels.map(({ id, color }) => [id, color]);
  return {
    maker: digest(open.identity),
    look: digest(JSON.stringify([drawn(style), colors])),
    pictures: [...new Set(formats)].filter((format) => !tableFormats.includes(format)),
    wantsRegions: formats.includes('coco'),
    wantsTables: formats.some((format) => tableFormats.includes(format)),
    byContent: unchanged === 'content',
  };
}

/** What of a style can be seen: the width of outlines follows the window's zoom, and filled masks have none. */
function drawn({ mode, opacity, outlineWidth, hidden, colors }: MaskStyle): unknown[] {
  return [mode, opacity, mode === 'outline' ? outlineWidth : null, hidden, colors];
}

/** The names of a picture's files, relative to the output folder. */
export function filesOf({ directory, stem }: BatchItem, formats: readonly ExportFormat[]): Map<ExportFormat, string> {
  return new Map(formats.map((format) => [format, join(directory, `${stem}${exportFormats[format].ending}`)]));
}

export function placeOf({ directory, stem }: Pick<BatchItem, 'directory' | 'stem'>): string {
  return join(directory, stem);
}

/**
 * Whether a picture was done as it is wanted now, by what the journal says of it; whether its files are still there is
 * another question. @param hash of its content now; only looked at where content decides
 */
export function fits(record: DoneRecord, item: BatchItem, wish: Wish, hash: string | null): boolean {
  const isSame = wish.byContent
    ? record.hash !== undefined && record.hash === hash
    : record.size === item.sizeBytes && record.modified === item.modifiedMs;
  if (!isSame || record.maker !== wish.maker || record.place !== placeOf(item)) return false;
  if (wish.wantsRegions && record.regions === undefined) return false;
  if (wish.pictures.some((format) => record.files[format] === undefined)) return false;
  return record.look === wish.look || !wish.pictures.some((format) => coloured.includes(format));
}

/** Whether the files of a picture lie there, with the sizes that the journal says. */
export async function filesAreThere(output: string, item: BatchItem, wish: Wish, record: DoneRecord): Promise<boolean> {
  for (const [format, name] of filesOf(item, wish.pictures)) {
    const facts = await stat(join(output, name)).catch(() => null);
    if (facts === null || facts.size !== record.files[format]) return false;
  }
  return true;
}

/** How many of a picture's files are there, whoever wrote them. */
export async function countFiles(output: string, item: BatchItem, wish: Wish): Promise<number> {
  let count = 0;
  for (const name of filesOf(item, wish.pictures).values()) {
    const facts = await stat(join(output, name)).catch(() => null);
    if (facts !== null) count += 1;
  }
  return count;
}

/** @throws AppError FILE_NOT_FOUND, FILE_UNREADABLE */
export async function contentHash(path: string): Promise<string> {
  try {
    return digest(await readFile(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

function digest(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 24);
}
