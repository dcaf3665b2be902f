/** Work must have run this long before its pace says anything. */
const LEAST_SECONDS = 1;
const LEAST_DONE_SHARE = 0.01;

/**
 * Seconds left, from the pace so far, as a range that narrows while the work goes on: from -50 %/+100 % at the start to
 * -10 %/+20 % at the end. Null while too little is done.
 */
export function estimateSecondsLeft(done: number, total: number, elapsedSeconds: number): [number, number] | null {
  if (total <= 0 || done <= 0 || elapsedSeconds < LEAST_SECONDS || done / total < LEAST_DONE_SHARE) return null;
  const share = Math.min(1, done / total);
  const left = (elapsedSeconds * (1 - share)) / share;
  return [left * (0.5 + 0.4 * share), left * (2 - 0.8 * share)];
}
