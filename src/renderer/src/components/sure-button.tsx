import { useState } from 'react';
import { Button } from './button';

interface SureButtonProps {
  readonly label: string;
  /** What the second press does, in full. */
  readonly sureLabel: string;
  readonly variant?: 'plain' | 'primary' | 'quiet';
  readonly className?: string | undefined;
  readonly onSure: () => void;
}

/** For what cannot be undone: the first press says what the second one does. Going elsewhere takes it back. */
export function SureButton({ label, sureLabel, variant = 'plain', className = '', onSure }: SureButtonProps) {
  const [asked, setAsked] = useState(false);
  const press = (): void => {
    setAsked(!asked);
    if (asked) onSure();
  };
  return (
    <Button
      variant={asked ? 'danger' : variant}
      className={className}
      onClick={press}
      onBlur={() => setAsked(false)}
      aria-live="polite"
    >
      {asked ? sureLabel : label}
    </Button>
  );
}
