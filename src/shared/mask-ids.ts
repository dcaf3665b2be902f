import type { Mask } from './domain/mask';

// In a file of its own for threads that start faster without schemas.

/** Ids of a mask as numbers, without copying where alignment allows. */
export function maskIds(mask: Mask): Uint8Array | Uint16Array {
  const { data } = mask;
  if (mask.bytesPerId === 1) return data;
  if (data.byteOffset % 2 === 0) return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  return new Uint16Array(data.slice().buffer);
}
