import type { ErrorReport } from '../../../shared/app-error';
import type { CalibrationPreview, QuantizedKind } from '../../../shared/domain/quantization';
import { quantizedKindSchema } from '../../../shared/domain/quantization';

type Known = CalibrationPreview['kinds'];

/** What of a network computes in 8 bits: of what was chosen, or else of what does by default, the kinds that it has. */
export function chosenKinds(kinds: readonly QuantizedKind[] | null, known: Known): QuantizedKind[] {
  return known
    .filter(({ kind, layers, isDefault }) => layers > 0 && (kinds === null ? isDefault : kinds.includes(kind)))
    .map(({ kind }) => kind);
}

/** With one more or less; null again where that is what the network computes by default. */
export function toggleKind(
  kinds: readonly QuantizedKind[] | null,
  known: Known,
  toggled: QuantizedKind,
  on: boolean,
): QuantizedKind[] | null {
  const before = chosenKinds(kinds, known);
  const next = known.map(({ kind }) => kind).filter((kind) => (kind === toggled ? on : before.includes(kind)));
  return next.join() === chosenKinds(null, known).join() && next.length > 0 ? null : next;
}

/** The kinds of which an error says that a calibration has no ranges; none for other errors. */
export function missingKinds({ code, details }: ErrorReport): QuantizedKind[] {
  const names = code === 'CALIBRATION_CACHE_FOREIGN' ? String(details?.['kinds'] ?? '').split(', ') : [];
  return quantizedKindSchema.options.filter((kind) => names.includes(kind));
}
