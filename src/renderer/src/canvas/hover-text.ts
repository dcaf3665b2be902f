import type { Label } from '../../../shared/domain/model';
import { i18n } from '../i18n/i18n';
import type { Point } from './viewport';

/** For the status bar: where the pointer is, and the class that lies there. */
export function hoverText(pixel: Point, classId: number | null, labels: readonly Label[]): string {
  const x = String(pixel.x);
  const y = String(pixel.y);
  if (classId === null) return i18n.t('canvas.hoverPixel', { x, y });
  const label = nameOf(classId, labels);
  return label === null
    ? i18n.t('canvas.hoverUnnamed', { x, y, id: String(classId) })
    : i18n.t('canvas.hoverClass', { x, y, label, id: String(classId) });
}

/** The same for several masks: each side's class by the side's number, or one where all agree. */
export function sidesHoverText(pixel: Point, classIds: readonly (number | null)[], labels: readonly Label[]): string {
  const there = classIds.flatMap((classId, side) => (classId === null ? [] : [{ classId, side }]));
  const [first] = there;
  if (first === undefined) return hoverText(pixel, null, labels);
  if (there.length > 1 && there.every(({ classId }) => classId === first.classId)) {
    return i18n.t('canvas.hoverAgree', { text: hoverText(pixel, first.classId, labels) });
  }
  const said = there.map(({ classId, side }) => `${side + 1} ${nameOf(classId, labels) ?? `#${classId}`}`);
  return `${hoverText(pixel, null, labels)}  ·  ${said.join('  |  ')}`;
}

function nameOf(classId: number, labels: readonly Label[]): string | null {
  return labels.find(({ id }) => id === classId)?.name ?? null;
}
