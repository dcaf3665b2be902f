import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/app-error';
import type { ComparisonSide, OpenComparison } from '../../shared/domain/comparison';
import { FEWEST_SIDES, MOST_SIDES } from '../../shared/domain/comparison';
import type { Label } from '../../shared/domain/model';
import type { ComparisonRun } from './comparison-run';
import type { SideInUse, SideParts } from './open-sides';
import { closeSides, openSides, sizeNote } from './open-sides';

export interface Comparison {
  readonly id: string;
  readonly sides: readonly SideInUse[];
  readonly labels: readonly Label[];
  reference: number;
  run: ComparisonRun | null;
  lastUsed: number;
}

/**
 * A window that was closed without a word leaves its comparison behind; past this many the longest unused is closed. Each
 * holds up to four networks in memory.
 */
const MOST_COMPARISONS = 2;

/** Open comparisons, by id. */
export class Comparisons {
  readonly #parts: SideParts;
  readonly #cancelJob: (jobId: string) => void;
  readonly #open = new Map<string, Comparison>();
  #clock = 0;

  constructor(parts: SideParts, cancelJob: (jobId: string) => void) {
    this.#parts = parts;
    this.#cancelJob = cancelJob;
  }

  /**
   * @throws AppError COMPARE_TOO_FEW_SIDES, COMPARE_TOO_MANY_SIDES, COMPARE_REFERENCE_UNKNOWN, and what
   *   {@link openSides} throws
   */
  async open(wanted: readonly ComparisonSide[], reference: number, signal: AbortSignal): Promise<Comparison> {
    checkCount(wanted.length);
    checkReference(reference, wanted.length);
    const { sides, labels } = await openSides(this.#parts, wanted, signal);
    const comparison: Comparison = { id: randomUUID(), sides, labels, reference, run: null, lastUsed: ++this.#clock };
    this.#open.set(comparison.id, comparison);
    const unused = [...this.#open.values()].sort((a, b) => a.lastUsed - b.lastUsed).slice(0, -MOST_COMPARISONS);
    for (const { id } of unused) await this.close(id);
    return comparison;
  }

  /** @throws AppError COMPARISON_UNKNOWN */
  get(id: string): Comparison {
    const comparison = this.#open.get(id);
    if (comparison === undefined) {
      throw new AppError('COMPARISON_UNKNOWN', 'The comparison is not open any more.', { hint: 'Open it again.' });
    }
    comparison.lastUsed = ++this.#clock;
    return comparison;
  }

  /** @throws AppError COMPARISON_UNKNOWN, COMPARE_REFERENCE_UNKNOWN */
  setReference(id: string, reference: number): Comparison {
    const comparison = this.get(id);
    checkReference(reference, comparison.sides.length);
    comparison.reference = reference;
    return comparison;
  }

  async close(id: string): Promise<void> {
    const comparison = this.#open.get(id);
    if (comparison === undefined) return;
    this.#open.delete(id);
    if (comparison.run !== null) this.#cancelJob(comparison.run.jobId);
    await closeSides(this.#parts.sessions, comparison.sides);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
  }
}

/** A comparison as shells see it. */
export function describeComparison({ id, sides, labels, reference }: Comparison): OpenComparison {
  const size = sides[reference]?.info.size ?? null;
  const described = sides.map(({ info }) => {
    const note = sizeNote(info.size, size);
    return note === null ? info : { ...info, notes: [...info.notes, note] };
  });
  return { comparisonId: id, sides: described, reference, labels: [...labels] };
}

function checkCount(sides: number): void {
  if (sides < FEWEST_SIDES) {
    throw new AppError('COMPARE_TOO_FEW_SIDES', 'There is nothing to compare with: only one side was named.', {
      hint: 'Name another engine, the model itself, or a folder of drawn masks.',
      details: { sides },
    });
  }
  if (sides > MOST_SIDES) {
    throw new AppError('COMPARE_TOO_MANY_SIDES', `${sides} sides were named; at most ${MOST_SIDES} can be compared.`, {
      hint: 'Leave some out, and compare those with the best of the others.',
      details: { sides, most: MOST_SIDES },
    });
  }
}

function checkReference(reference: number, sides: number): void {
  if (reference < sides) return;
  throw new AppError('COMPARE_REFERENCE_UNKNOWN', `There is no side ${reference + 1} to be the reference.`, {
    hint: `Name one of the ${sides} sides.`,
    details: { reference, sides },
  });
}
