import type { ClassShare } from '../../../shared/domain/mask';
import type { Label } from '../../../shared/domain/model';

export type LegendSort = 'share' | 'id' | 'name';

export interface LegendRow {
  readonly id: number;
  readonly name: string;
  /** 0–1 of the picture's pixels; null while there is no mask, 0 for a class that is not in the picture. */
  readonly share: number | null;
}

export interface LegendRows {
  /** In the picture; all classes while there is no mask. */
  readonly present: readonly LegendRow[];
  readonly absent: readonly LegendRow[];
}

/**
 * One row for each class that the model names or the mask holds, searched by name or id and sorted. Ids without a name
 * appear as `#17`: hiding them would hide what the network found.
 */
export function legendRows(
  labels: readonly Label[],
  shares: readonly ClassShare[] | null,
  search: string,
  sort: LegendSort,
): LegendRows {
  const shareOf = new Map(shares?.map(({ id, share }) => [id, share]));
  const known = new Set(labels.map(({ id }) => id));
  const unnamed = (shares ?? [])
    .filter(({ id }) => !known.has(id))
    .map(({ id, label }) => ({ id, name: label || `#${id}` }));
  const wanted = search.trim().toLowerCase();
  const rows = [...labels, ...unnamed]
    .filter(({ id, name }) => wanted === '' || name.toLowerCase().includes(wanted) || String(id) === wanted)
    .map(({ id, name }): LegendRow => ({ id, name, share: shares === null ? null : (shareOf.get(id) ?? 0) }))
    .sort(comparing(sort));
  return { present: rows.filter(({ share }) => share !== 0), absent: rows.filter(({ share }) => share === 0) };
}

function comparing(sort: LegendSort): (a: LegendRow, b: LegendRow) => number {
  if (sort === 'name') return (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.id - b.id;
  if (sort === 'id') return (a, b) => a.id - b.id;
  return (a, b) => (b.share ?? 0) - (a.share ?? 0) || a.id - b.id;
}
