import { useEffect, useState } from 'react';
import type { BatchPlan } from '../../../shared/batch-contract';
import type { CallInput } from '../../../shared/contract';
import type { ErrorReport } from '../../../shared/app-error';
import { isAbort, toErrorReport } from '../../../shared/app-error';
import { reopenLostModel } from '../actions/models';
import { libraryStore, openSession } from '../state/library-store';
import { studio } from '../studio-client/studio';

/** Folders are typed in a browser: a plan is asked for when the typing pauses. */
const PAUSE_MS = 250;

export type PlanState =
  | { readonly kind: 'none' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'known'; readonly plan: BatchPlan }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/** What a batch with this order would do, asked anew whenever the order changes; null asks nothing. */
export function useBatchPlan(order: CallInput<'batch.plan'> | null): PlanState {
  const key = order === null ? null : JSON.stringify(order);
  const [state, setState] = useState<{ readonly key: string | null; readonly plan: PlanState }>({
    key: null,
    plan: { kind: 'none' },
  });
  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    const set = (plan: PlanState): void => {
      if (!controller.signal.aborted) setState({ key, plan });
    };
    const timer = setTimeout(() => {
      const { signal } = controller;
      const order = JSON.parse(key) as CallInput<'batch.plan'>;
      studio.call('batch.plan', order, { signal }).then(
        (plan) => set({ kind: 'known', plan }),
        (error: unknown) => {
          if (isAbort(error)) return;
          const report = toErrorReport(error);
          if (report.code !== 'SESSION_UNKNOWN') return set({ kind: 'failed', error: report });
          // A new engine host does not know it. With the model open again the order is another, and asked anew.
          if (openSession(libraryStore.getState())?.id === order.sessionId) void reopenLostModel();
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key]);
  if (key === null) return { kind: 'none' };
  return state.key === key ? state.plan : { kind: 'looking' };
}
