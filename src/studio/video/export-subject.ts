import type { Stats } from 'node:fs';
import type { Rgb } from '../../shared/domain/model';
import type { OpenSession } from '../sessions/session-registry';
import type { ExportSubject } from './export-journal';
import { hashOf } from './export-journal';

/** What of an open engine decides whether masks of then and now belong together, and how it is called. */
export function engineSubject({ info, identity }: OpenSession): Pick<ExportSubject, 'engine' | 'engineName'> {
  return { engine: hashOf(identity), engineName: [info.modelName, info.precision].filter(Boolean).join(' · ') };
}

export function videoVersion(path: string, { size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): string {
  return hashOf(JSON.stringify([path, size, mtimeMs]));
}

export function modelColors({ model }: OpenSession): Record<string, Rgb> {
  return Object.fromEntries(model.labels.map(({ id, color }) => [String(id), color]));
}
