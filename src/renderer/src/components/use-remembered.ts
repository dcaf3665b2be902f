import { useCallback, useState } from 'react';

const prefix = 'maskforge.';

/** A choice about the window's looks that the next start remembers. Not for what the studio must know. */
export function useRemembered(name: string, initial: boolean): [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => {
    const stored = window.localStorage.getItem(prefix + name);
    return stored === null ? initial : stored === 'true';
  });
  const remember = useCallback(
    (next: boolean) => {
      window.localStorage.setItem(prefix + name, String(next));
      setValue(next);
    },
    [name],
  );
  return [value, remember];
}
