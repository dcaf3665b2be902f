import { Check, CircleAlert, Minus, TriangleAlert } from 'lucide-react';
import styles from './runtimes-dialog.module.css';

export type Mark = 'good' | 'none' | 'warning' | 'bad';

const icons = { good: Check, none: Minus, warning: TriangleAlert, bad: CircleAlert };

/** A state in a word, with a sign that can be told apart without colour. */
export function StateMark({ mark, text }: { readonly mark: Mark; readonly text: string }) {
  const Icon = icons[mark];
  return (
    <span className={`${styles.mark ?? ''} ${styles[mark] ?? ''}`}>
      <Icon size={14} aria-hidden />
      {text}
    </span>
  );
}
