import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../../shared/app-error';
import { isAbort, toErrorReport } from '../../../shared/app-error';
import type { CallInput, CallResult } from '../../../shared/contract';
import { studio } from '../studio-client/studio';

/** The last answer stays on the screen while another is waited for. */
export interface Answer<T> {
  readonly busy: boolean;
  readonly value: T | null;
  readonly error: ErrorReport | null;
}

type Question = 'engines.estimate' | 'engines.previewCalibration';

const pauseMs = 200;

/** What the studio answers, asked anew a moment after each change of the arguments; null asks nothing. */
export function useAnswer<K extends Question>(call: K, args: CallInput<K> | null): [Answer<CallResult<K>>, () => void] {
  const key = args === null ? null : JSON.stringify(args);
  const [answer, setAnswer] = useState<Answer<CallResult<K>>>({ busy: key !== null, value: null, error: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (key === null) return setAnswer({ busy: false, value: null, error: null });
    const controller = new AbortController();
    setAnswer((last) => ({ busy: true, value: last.value, error: null }));
    const timer = window.setTimeout(() => {
      studio.call(call, JSON.parse(key) as CallInput<K>, { signal: controller.signal }).then(
        (value) => !controller.signal.aborted && setAnswer({ busy: false, value, error: null }),
        (error: unknown) => {
          if (isAbort(error) || controller.signal.aborted) return;
          setAnswer({ busy: false, value: null, error: toErrorReport(error) });
        },
      );
    }, pauseMs);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [call, key, attempt]);
  return [answer, () => setAttempt((count) => count + 1)];
}
