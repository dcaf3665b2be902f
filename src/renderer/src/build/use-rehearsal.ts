import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../../shared/app-error';
import { isAbort, toErrorReport } from '../../../shared/app-error';
import type { BuildOrderInput, Rehearsal } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import { studio } from '../studio-client/studio';

export type Rehearsed =
  | { readonly kind: 'none' }
  /** The last outcome stays on the screen meanwhile. */
  | { readonly kind: 'busy'; readonly before: Rehearsal | null }
  | { readonly kind: 'done'; readonly rehearsal: Rehearsal }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/** Outcomes by model and order: going back and on again costs nothing. */
const known = new Map<string, Rehearsal>();
const keep = 20;
const pauseMs = 150;

/** What the passes of an order find and change, tried out anew a moment after each change. */
export function useRehearsal(model: ModelSummary, order: BuildOrderInput | null): [Rehearsed, () => void] {
  const [state, setState] = useState<Rehearsed>({ kind: 'none' });
  const [attempt, setAttempt] = useState(0);
  const { id: modelId, preprocessing, sizeBytes } = model;
  const key = order === null ? null : JSON.stringify([modelId, preprocessing, sizeBytes, order]);
  useEffect(() => {
    if (key === null) return setState({ kind: 'none' });
    const before = known.get(key);
    if (before !== undefined) return setState({ kind: 'done', rehearsal: before });
    const wanted = (JSON.parse(key) as [string, unknown, number, BuildOrderInput])[3];
    const controller = new AbortController();
    setState((last) => ({ kind: 'busy', before: last.kind === 'done' ? last.rehearsal : null }));
    const timer = window.setTimeout(() => {
      studio
        .call('engines.rehearse', { modelId, order: wanted }, { signal: controller.signal })
        .then((rehearsal) => {
          known.set(key, rehearsal);
          for (const oldest of known.keys()) if (known.size > keep) known.delete(oldest);
          setState({ kind: 'done', rehearsal });
        })
        .catch((error: unknown) => {
          if (!isAbort(error) && !controller.signal.aborted) setState({ kind: 'failed', error: toErrorReport(error) });
        });
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [modelId, key, attempt]);
  return [state, () => setAttempt((count) => count + 1)];
}
