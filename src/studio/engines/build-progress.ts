import type { BuildEvent } from '../../runtimes/tensorrt/addon';

interface Phase {
  readonly steps: number;
  done: number;
  /** Share of the step under way that its inner phases have done. */
  inner: number;
}

/** What each further outermost phase is given of what the ones before it have left. */
const ROOT_SHARE = 0.9;

/**
 * How far a build is, from TensorRT's progress monitor: phases nest, and each counts its own steps. The share never goes
 * back, and reaches 1 only when the build says that it is done.
 */
export class BuildProgress {
  readonly #phases = new Map<string, Phase & { readonly parent: string }>();
  #finishedRoots = 0;
  #share = 0;
  /** The innermost phase under way. */
  #current = '';

  get share(): number {
    return this.#share;
  }

  get phase(): string {
    return this.#current;
  }

  add(event: BuildEvent): void {
    switch (event.kind) {
      case 'phase':
        this.#phases.set(event.phase, { parent: event.parent, steps: Math.max(1, event.steps), done: 0, inner: 0 });
        this.#current = event.phase;
        break;
      case 'step': {
        const phase = this.#phases.get(event.phase);
        // Steps count from 0 and are told when they end.
        if (phase !== undefined) Object.assign(phase, { done: Math.min(phase.steps, event.step + 1), inner: 0 });
        break;
      }
      case 'end':
        this.#end(event.phase);
        break;
      case 'log':
        return;
    }
    this.#share = Math.max(this.#share, this.#sum());
  }

  #end(name: string): void {
    const phase = this.#phases.get(name);
    if (phase === undefined) return;
    this.#phases.delete(name);
    if (!this.#phases.has(phase.parent)) this.#finishedRoots += 1;
    this.#current = this.#phases.has(phase.parent) ? phase.parent : ([...this.#phases.keys()].pop() ?? '');
  }

  #sum(): number {
    const left = (1 - ROOT_SHARE) ** this.#finishedRoots;
    const root = [...this.#phases].find(([, { parent }]) => !this.#phases.has(parent));
    const running = root === undefined ? 0 : this.#shareOf(root[0]) * ROOT_SHARE;
    return 1 - left + left * running;
  }

  #shareOf(name: string): number {
    const phase = this.#phases.get(name);
    if (phase === undefined) return 0;
    const below = [...this.#phases].filter(([, { parent }]) => parent === name).map(([child]) => this.#shareOf(child));
    phase.inner = Math.max(phase.inner, ...below, 0);
    return Math.min(1, (phase.done + Math.min(1, phase.inner)) / phase.steps);
  }
}

/**
 * Seconds left as a range: from how long builds like this took before, else from the pace so far; null while neither
 * says anything.
 *
 * @param share of the whole that is done, 0–1
 * @param earlier seconds that like builds took
 */
export function buildTimeLeft(share: number, elapsed: number, earlier: readonly number[]): [number, number] | null {
  const fromPace: [number, number] | null = share >= 0.02 && elapsed >= 1 ? paceRange(share, elapsed) : null;
  if (earlier.length === 0) return fromPace;
  const [least, most] = [Math.min(...earlier) * 0.85 - elapsed, Math.max(...earlier) * 1.25 - elapsed];
  // Longer than all before it: only the pace still tells something.
  if (most <= 0) return fromPace;
  return [Math.max(0, least), most];
}

/** Steps of a build are of very different length: the range is wide. */
function paceRange(share: number, elapsed: number): [number, number] {
  const left = (elapsed * (1 - share)) / share;
  return [left * (0.4 + 0.5 * share), left * (2.5 - 1.2 * share)];
}
