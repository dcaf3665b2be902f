/** The pace that is shown is that of the last so many seconds: of the whole it would not follow what happens. */
const WINDOW_MS = 10_000;
const LEAST_MS = 1_000;

/** How fast a batch goes. */
export class PaceMeter {
  #started = 0;
  /** When the latest items ended, oldest first; `count` items up to then. */
  #ticks: { readonly at: number; readonly count: number }[] = [];
  #count = 0;

  start(now = performance.now()): void {
    this.#started = now;
    this.#ticks = [{ at: now, count: 0 }];
  }

  tick(now = performance.now()): void {
    this.#count += 1;
    const last = this.#ticks[this.#ticks.length - 1];
    // A few samples a second are enough, however fast it goes.
    if (last !== undefined && now - last.at < 100) return;
    this.#ticks.push({ at: now, count: this.#count });
    while (this.#ticks.length > 2 && now - (this.#ticks[1]?.at ?? now) > WINDOW_MS) this.#ticks.shift();
  }

  seconds(now = performance.now()): number {
    return (now - this.#started) / 1000;
  }

  /** Items a second lately; null while too little time has gone by. */
  perSecond(): number | null {
    const first = this.#ticks[0];
    const last = this.#ticks[this.#ticks.length - 1];
    if (first === undefined || last === undefined || last.at - first.at < LEAST_MS) return null;
    return ((last.count - first.count) * 1000) / (last.at - first.at);
  }
}
