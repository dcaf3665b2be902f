import { basename, dirname, extname } from 'node:path';
import type { LibraryEntry } from './library-index';

/** A name for a model that gives itself none: its repository, its folder, or its file. */
export function nameFromPlace(path: string, origin: LibraryEntry['origin']): string {
  const stem = basename(path, extname(path));
  const variant = /^model(?:[_.-]?(.*))?$/.exec(stem);
  if (variant === null) return stem;
  const folder = dirname(path);
  const above = basename(folder) === 'onnx' ? dirname(folder) : folder;
  const place = origin?.repo.split('/').pop() ?? basename(above);
  const suffix = variant[1] ?? '';
  return [place === '' ? stem : place, suffix].filter((part) => part !== '').join(' ');
}

/** Short, readable, usable in a shell, not taken yet. */
export function freshId(name: string, taken: ReadonlySet<string>): string {
  const slug =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60) || 'model';
  if (!taken.has(slug)) return slug;
  for (let number = 2; ; number += 1) {
    if (!taken.has(`${slug}-${number}`)) return `${slug}-${number}`;
  }
}
