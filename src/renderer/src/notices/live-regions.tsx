import { useEffect, useRef } from 'react';
import { onAnnouncement } from './announce';

/** Mounted once, by the app. Written to without rendering. */
export function LiveRegions() {
  const polite = useRef<HTMLDivElement>(null);
  const assertive = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const write = (region: HTMLDivElement | null, text: string): void => {
      if (region !== null) region.textContent = text;
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
