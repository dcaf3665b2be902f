import type { Segmentation } from '../../../shared/contract';

/** Masks kept in the window. The engine host keeps its own; what falls out here is fetched again when shown. */
const byteLimit = 192 * 1024 * 1024;
const countLimit = 48;

/**
 * Adds one segmentation as the most recently used and drops the oldest until the rest fits. `keepId` and the added one
 * always stay. Pure: answers with a new map.
 */
export function boundSegmentations(
  kept: ReadonlyMap<string, Segmentation>,
  added: Segmentation,
  keepId: string | null,
  limits: { bytes: number; count: number } = { bytes: byteLimit, count: countLimit },
): Map<string, Segmentation> {
  const next = new Map(kept);
  next.delete(added.pictureId);
  next.set(added.pictureId, added);
  let bytes = 0;
  for (const segmentation of next.values()) bytes += segmentation.mask.data.byteLength;
  for (const [id, segmentation] of next) {
    if (bytes <= limits.bytes && next.size <= limits.count) break;
    if (id === added.pictureId || id === keepId) continue;
    next.delete(id);
    bytes -= segmentation.mask.data.byteLength;
  }
  return next;
}
