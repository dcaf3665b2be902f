import { useEffect, useRef } from 'react';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import { useRuntimes } from '../runtimes/use-runtimes';
import { useWindow } from '../state/window-store';

/** What builds here; looked for again once the dialog in which that can be changed is closed. */
export function useBuildRuntimes(): LoadedRuntimes {
  const [runtimes, reload] = useRuntimes();
  const open = useWindow(({ dialog }) => dialog?.kind === 'runtimes');
  const wasOpen = useRef(open);
  useEffect(() => {
    if (wasOpen.current && !open) reload();
    wasOpen.current = open;
  }, [open, reload]);
  return runtimes;
}
