import { useEffect, useState } from 'react';
import { reportError } from '../notices/notify';
import { modeOf, type ModeId, type ModeViews } from './mode-list';
import { useMode } from './mode-store';

const loaded = new Map<ModeId, ModeViews>();

/** What the current mode puts around the canvas; null for what every mode has, and while it is being loaded. */
export function useModeViews(): { readonly mode: ModeId; readonly views: ModeViews | null; readonly loading: boolean } {
  const mode = useMode((state) => state.mode);
  const [, setCount] = useState(0);
  const load = modeOf(mode).views;
  useEffect(() => {
    if (load === undefined || loaded.has(mode)) return;
    load().then(
      (views) => {
        loaded.set(mode, views);
        setCount((count) => count + 1);
      },
      (error: unknown) => reportError(error),
    );
  }, [mode, load]);
  const views = loaded.get(mode) ?? null;
  return { mode, views, loading: load !== undefined && views === null };
}
