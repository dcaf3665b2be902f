import { ContextMenu as BaseContextMenu } from '@base-ui/react/context-menu';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { cx } from './cx';
import styles from './menu.module.css';

export type MenuEntry =
  | { readonly kind: 'separator' }
  | { readonly kind: 'heading'; readonly label: string }
  | {
      readonly kind: 'item';
      readonly id: string;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly shortcut?: string | undefined;
      /** Present for things that are on or off. */
      readonly checked?: boolean;
      readonly disabled?: boolean;
      readonly danger?: boolean;
      readonly run: () => void;
    };

interface MenuProps {
  readonly entries: readonly MenuEntry[];
  /** One element that takes a ref and event handlers. */
  readonly trigger: ReactElement;
  readonly align?: 'start' | 'center' | 'end';
  readonly side?: 'top' | 'bottom';
}

export function Menu({ entries, trigger, align = 'start', side = 'bottom' }: MenuProps) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner
          side={side}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={styles.positioner}
        >
          <BaseMenu.Popup className={styles.popup}>{entries.map(renderEntry)}</BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

interface ContextMenuProps {
  readonly entries: readonly MenuEntry[];
  /** One element that takes a ref and event handlers. */
  readonly children: ReactElement;
}

export function ContextMenu({ entries, children }: ContextMenuProps) {
  return (
    <BaseContextMenu.Root>
      <BaseContextMenu.Trigger render={children} />
      <BaseContextMenu.Portal>
        <BaseContextMenu.Positioner className={styles.positioner}>
          <BaseContextMenu.Popup className={styles.popup}>{entries.map(renderEntry)}</BaseContextMenu.Popup>
        </BaseContextMenu.Positioner>
      </BaseContextMenu.Portal>
    </BaseContextMenu.Root>
  );
}

function renderEntry(entry: MenuEntry, index: number): ReactNode {
  if (entry.kind === 'separator') return <BaseMenu.Separator key={index} className={styles.separator} />;
  if (entry.kind === 'heading') {
    return (
      <div key={index} className={styles.heading}>
        {entry.label}
      </div>
    );
  }
  return (
    <BaseMenu.Item
      key={entry.id}
      className={cx(styles.item, entry.danger === true && styles.danger)}
      disabled={entry.disabled ?? false}
      label={entry.label}
      onClick={entry.run}
    >
      <span className={styles.mark}>{entry.checked === true ? <Check size={14} aria-hidden /> : entry.icon}</span>
      <span className={styles.label}>{entry.label}</span>
      {entry.shortcut !== undefined && <kbd className={styles.shortcut}>{entry.shortcut}</kbd>}
    </BaseMenu.Item>
  );
}
