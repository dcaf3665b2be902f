import type { ReactNode } from 'react';
import { cx } from '../components/cx';
import styles from './picture-tile.module.css';

interface TilesProps {
  readonly label: string;
  readonly size?: 'small' | 'large';
  /** List items. */
  readonly children: ReactNode;
}

/** Small pictures in as many columns as there is room for. */
export function PictureTiles({ label, size = 'small', children }: TilesProps) {
  return (
    <ul className={cx(styles.tiles, size === 'large' && styles.large)} aria-label={label}>
      {children}
    </ul>
  );
}

interface TileProps {
  /** Null while there is no picture. */
  readonly address: string | null;
  readonly alt: string;
  readonly name: string;
  /** What the pointer is told; the name when left out. */
  readonly title?: string;
  /** Below the name. */
  readonly children?: ReactNode;
  /** What a click does; without it the tile is no button. */
  readonly onClick?: (() => void) | undefined;
}

/** A picture above its name. */
export function PictureTile({ address, alt, name, title = name, children, onClick }: TileProps) {
  const content = (
    <>
      {address === null ? <span className={styles.image} /> : <img className={styles.image} src={address} alt={alt} />}
      <span className={styles.name} title={title}>
        {name}
      </span>
      {children}
    </>
  );
  if (onClick === undefined) return <div className={styles.tile}>{content}</div>;
  return (
    <button type="button" className={styles.tile} onClick={onClick}>
      {content}
    </button>
  );
}
