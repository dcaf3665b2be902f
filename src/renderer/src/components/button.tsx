import { Button as BaseButton } from '@base-ui/react/button';
import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { cx } from './cx';
import { Tooltip } from './tooltip';

type Variant = 'plain' | 'primary' | 'quiet' | 'danger';

interface ButtonProps extends Omit<ComponentProps<typeof BaseButton>, 'className'> {
  /** `primary` at most once in a view. */
  readonly variant?: Variant;
  readonly className?: string;
}

export function Button({ variant = 'plain', className, ...rest }: ButtonProps) {
  return <BaseButton {...rest} className={cx(styles.button, styles[variant], className)} />;
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'variant'> {
  /** Said by assistive tools and shown on hover. */
  readonly label: string;
  readonly shortcut?: string | undefined;
  readonly icon: ReactNode;
  /** For buttons that stay pressed. */
  readonly pressed?: boolean;
  readonly side?: 'top' | 'bottom' | 'left' | 'right';
}

export function IconButton({ label, shortcut, icon, pressed, side, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut} side={side ?? 'bottom'}>
      <BaseButton
        {...rest}
        aria-label={label}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        className={cx(styles.icon, className)}
      >
        {icon}
      </BaseButton>
    </Tooltip>
  );
}
