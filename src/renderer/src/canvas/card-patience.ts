import type { ErrorReport } from '../../../shared/app-error';

/** What is done about a canvas that the graphics card no longer draws. */
export type Answer = 'wait' | 'replace' | 'give-up';

/** A canvas that is lost so often within {@link LOSSES_MS} is not waited for any more. */
const MOST_LOSSES = 3;
const LOSSES_MS = 60_000;
/** So many canvases in {@link REPLACEMENTS_MS} take the place of such as were lost; then the card is not used. */
const MOST_REPLACEMENTS = 2;
const REPLACEMENTS_MS = 600_000;

/**
 * Remembers for the window how its graphics card has behaved. Times are milliseconds of any one clock. A card that is
 * reset now and then, as when a machine wakes up, is waited for each time.
 */
export class CardPatience {
  /** Why the card is not used any more, or null. */
  givenUp: ErrorReport | null = null;
  #losses: number[] = [];
  #replacements: number[] = [];

  /** The canvas in use was lost. */
  onLoss(now: number): Answer {
    this.#losses = [...this.#losses.filter((time) => now - time < LOSSES_MS), now];
    return this.#losses.length < MOST_LOSSES ? 'wait' : this.onSilence(now);
  }

  /** The canvas in use was lost and did not come back. */
  onSilence(now: number): Exclude<Answer, 'wait'> {
    this.#losses = [];
    this.#replacements = this.#replacements.filter((time) => now - time < REPLACEMENTS_MS);
    if (this.#replacements.length >= MOST_REPLACEMENTS) return 'give-up';
    this.#replacements.push(now);
    return 'replace';
  }

  /** Somebody wants the card tried again. */
  forget(): void {
    this.givenUp = null;
    this.#losses = [];
    this.#replacements = [];
  }
}
