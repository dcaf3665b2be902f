import { AppError } from '../../shared/app-error';

/**
 * Works on several items at once, beginning them in their order; a further one is begun only when one has ended, so that
 * however many there are only so many are held. The first error ends the whole: it is thrown when all that runs has
 * ended, so that none goes on unseen.
 *
 * @throws AppError CANCELLED, and what `work` throws
 */
export async function workOnEach<T>(
  items: readonly T[],
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length && !failed; index = next++) {
      if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
      try {
        await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(Math.max(1, atOnce), items.length) }, worker);
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason;
}
