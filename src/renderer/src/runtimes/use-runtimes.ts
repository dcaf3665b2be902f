import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { RuntimeLibrary } from '../../../shared/domain/runtime-library';
import { isRunning, useJobs } from '../state/jobs-store';
import { studio } from '../studio-client/studio';

export type LoadedRuntimes =
  | { readonly kind: 'loading' }
  | { readonly kind: 'library'; readonly library: RuntimeLibrary; readonly again: boolean }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/**
 * What runtimes there are; looked for again by the function that comes with it, and whenever a download has ended. What
 * was known stays on the screen meanwhile.
 */
export function useRuntimes(): [LoadedRuntimes, () => void] {
  const [loaded, setLoaded] = useState<LoadedRuntimes>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const ended = useJobs((state) => state.jobs.filter((job) => job.kind === 'download' && !isRunning(job)).length);
  useEffect(() => {
    const controller = new AbortController();
    setLoaded((before) => (before.kind === 'library' ? { ...before, again: true } : { kind: 'loading' }));
    studio
      .call('runtimes.list', {}, { signal: controller.signal })
      .then((library) => setLoaded({ kind: 'library', library, again: false }))
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setLoaded({ kind: 'failed', error: toErrorReport(error) });
      });
    return () => controller.abort();
  }, [attempt, ended]);
  return [loaded, () => setAttempt((count) => count + 1)];
}
