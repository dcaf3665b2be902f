import { useEffect, useState } from 'react';
import type { KeptExport } from '../../../shared/video-export-contract';
import { reopenIfLost } from '../actions/models';
import { reportError } from '../notices/notify';
import { isRunning, useJobs } from '../state/jobs-store';
import { openSession, useLibrary } from '../state/library-store';
import { studio } from '../studio-client/studio';
import { orderOf, stemOf, type ExportTarget } from './export-order';

interface Kept {
  /** Null where there is nothing, and while that is not known. */
  readonly kept: KeptExport | null;
  readonly discard: () => Promise<void>;
}

/** What is kept of this very export, begun earlier; null asks nothing. */
export function useKept(target: ExportTarget | null): Kept {
  const sessionId = useLibrary((state) => openSession(state)?.id ?? null);
  // One that ends leaves frames, or takes them with it.
  const running = useJobs((state) => state.jobs.filter(isRunning).length);
  const [found, setFound] = useState<{ readonly key: string; readonly kept: KeptExport | null } | null>(null);
  const key = target === null || sessionId === null ? null : JSON.stringify([target, sessionId, running]);
  useEffect(() => {
    if (key === null) return;
    let isWanted = true;
    const look = async (): Promise<void> => {
      const [wanted] = JSON.parse(key) as [ExportTarget];
      const kept = await studio.call('videoExport.kept', (await orderOf(wanted)).order);
      if (isWanted) setFound({ key, kept });
    };
    // What stands in the way is told when the export is started; once a model that was lost is open, this looks again.
    look().catch((error: unknown) => reopenIfLost(error, sessionId ?? ''));
    return () => void (isWanted = false);
  }, [key, sessionId]);
  const discard = async (): Promise<void> => {
    if (target === null || key === null) return;
    const { directory, format, name } = target;
    try {
      await studio.call('videoExport.discard', { directory, format, stem: stemOf(name) });
      setFound({ key, kept: null });
    } catch (error) {
      reportError(error);
    }
  };
  return { kept: found !== null && found.key === key ? found.kept : null, discard };
}
