import { Collapsible } from '@base-ui/react/collapsible';
import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useRemembered } from './use-remembered';
import { cx } from './cx';
import styles from './panel-section.module.css';

interface PanelSectionProps {
  /** Under which the folded state is remembered. */
  readonly id: string;
  readonly title: string;
  /** Takes the height that is left, and scrolls. */
  readonly grow?: boolean;
  readonly children: ReactNode;
}

/** A part of a side panel with a header that folds it. */
export function PanelSection({ id, title, grow = false, children }: PanelSectionProps) {
  const [open, setOpen] = useRemembered(`section.${id}`, true);
  return (
    <Collapsible.Root
      open={open}
      onOpenChange={setOpen}
      className={cx(styles.section, grow && open && styles.grow)}
      render={<section aria-label={title} />}
    >
      <h2 className={styles.header}>
        <Collapsible.Trigger className={styles.trigger}>
          <ChevronDown size={14} aria-hidden className={styles.chevron} />
          {title}
        </Collapsible.Trigger>
      </h2>
      <Collapsible.Panel className={styles.body}>{children}</Collapsible.Panel>
    </Collapsible.Root>
  );
}
