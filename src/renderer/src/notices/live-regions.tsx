import { useEffect, useRef } from 'react';
import { onAnnouncement } from './announce';

const spokenForMs = 5_000;

/** Mounted once, by the app. Written to without rendering. */
export function LiveRegions() {
  const polite = useRef<HTMLDivElement>(null);
  const assertive = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timers = new Map<HTMLDivElement, number>();
    const write = (region: HTMLDivElement | null, text: string): void => {
      if (region === null) return;
      region.textContent = text;
      window.clearTimeout(timers.get(region));
      // Read once; what lies there longer would be found by those who walk the page.
      timers.set(
        region,
        window.setTimeout(() => (region.textContent = ''), spokenForMs),
      );
    };
    const offPolite = onAnnouncement('polite', (text) => write(polite.current, text));
    const offAssertive = onAnnouncement('assertive', (text) => write(assertive.current, text));
    return () => {
      offPolite();
      offAssertive();
    };
  }, []);
  return (
    <>
      <div ref={polite} role="status" aria-live="polite" className="visually-hidden" />
      <div ref={assertive} role="alert" aria-live="assertive" className="visually-hidden" />
    </>
  );
}
