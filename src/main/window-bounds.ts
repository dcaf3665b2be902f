import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const rectangleSchema = z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() });
const savedSchema = rectangleSchema.extend({ maximized: z.boolean() });
export type SavedBounds = z.infer<typeof savedSchema>;

const preferred = { width: 1440, height: 900 };
/** So much of the title bar has to lie on a display for the user to get hold of the window. */
const grip = { width: 120, height: 40 };

/**
 * Bounds for a new window: the saved ones if they can still be reached on one of the displays, else centred on the
 * first display.
 * @param workAreas of the displays, the primary one first
 */
export function fitBounds(saved: Bounds | null, workAreas: readonly Bounds[]): Bounds {
  const reachable = (area: Bounds): boolean =>
    saved !== null &&
    overlap(saved.x, saved.width, area.x, area.width) >= Math.min(grip.width, saved.width) &&
    saved.y >= area.y - 1 &&
    saved.y <= area.y + area.height - grip.height;
  if (saved !== null && workAreas.some(reachable)) return saved;
  const area = workAreas[0] ?? { x: 0, y: 0, ...preferred };
  const width = Math.min(preferred.width, area.width);
  const height = Math.min(preferred.height, area.height);
  return {
    x: Math.round(area.x + (area.width - width) / 2),
    y: Math.round(area.y + (area.height - height) / 2),
    width,
    height,
  };
}

function overlap(a: number, aLength: number, b: number, bLength: number): number {
  return Math.min(a + aLength, b + bLength) - Math.max(a, b);
}

export function readBounds(file: string): SavedBounds | null {
  try {
    return savedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

export function writeBounds(file: string, bounds: SavedBounds): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(bounds));
  } catch {
    // Not worth a message: the window opens in its usual place next time.
  }
}
