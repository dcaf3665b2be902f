import { CircleAlert, Film, ImageOff, LoaderCircle } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { ContextMenu } from '../components/menu';
import { cx } from '../components/cx';
import { errorMessage, errorTitle } from '../notices/error-text';
import type { PictureItem } from '../state/pictures-store';
import { select, usePictures } from '../state/pictures-store';
import styles from './film-strip.module.css';
import { usePictureMenu } from './picture-menu';
import { RowStatus } from './row-status';
import { thumbnailNow } from './thumbnail-loader';
import { useThumbnail } from './use-thumbnail';

interface FilmStripRowProps {
  readonly pictureId: string;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly position: number;
  readonly count: number;
  readonly selected: boolean;
}

export const FilmStripRow = memo(function FilmStripRow(props: FilmStripRowProps) {
  const { pictureId, top, position, count, selected } = props;
  const item = usePictures((state) => state.items[pictureId]);
  if (item === undefined) return null;
  return (
    <Row item={item}>
      <div
        id={`picture-${pictureId}`}
        role="option"
        aria-selected={selected}
        aria-posinset={position}
        aria-setsize={count}
        title={item.error === null ? (item.entry.path ?? item.entry.name) : errorMessage(item.error)}
        className={cx(styles.row, selected && styles.selected)}
        style={{ transform: `translateY(${top}px)` }}
        onClick={() => select(pictureId)}
      >
        <Thumbnail item={item} />
        <div className={styles.text}>
          <span className={styles.name}>{item.entry.name}</span>
          <RowStatus item={item} />
        </div>
        <StatusSign item={item} />
      </div>
    </Row>
  );
});

function Row({ item, children }: { readonly item: PictureItem; readonly children: ReactElement }) {
  const entries = usePictureMenu(item);
  return <ContextMenu entries={entries}>{children}</ContextMenu>;
}

function Thumbnail({ item }: { readonly item: PictureItem }) {
  return item.entry.kind === 'video' ? <VideoThumbnail item={item} /> : <PictureThumbnail item={item} />;
}

/** There is one as soon as the video was opened, which changes its item. */
function VideoThumbnail({ item }: { readonly item: PictureItem }) {
  const address = thumbnailNow(item.entry.id);
  if (address === null) return <Sign icon={<Film size={16} aria-hidden />} />;
  return (
    <span className={styles.thumbnail}>
      <img src={address} alt="" draggable={false} className={styles.image} />
    </span>
  );
}

function PictureThumbnail({ item }: { readonly item: PictureItem }) {
  const address = useThumbnail(item.entry.id);
  if (address === null) return <Sign icon={<ImageOff size={16} aria-hidden />} />;
  return (
    <span className={styles.thumbnail}>
      {address !== undefined && <img src={address} alt="" draggable={false} className={styles.image} />}
    </span>
  );
}

function Sign({ icon }: { readonly icon: ReactNode }) {
  return <span className={cx(styles.thumbnail, styles.sign)}>{icon}</span>;
}

function StatusSign({ item }: { readonly item: PictureItem }) {
  const { t } = useTranslation();
  if (item.status === 'working') {
    return <LoaderCircle size={14} className={styles.spin} aria-label={t('pictures.working')} />;
  }
  if (item.status === 'failed' && item.error !== null) {
    return <CircleAlert size={14} className={styles.failed} aria-label={errorTitle(item.error)} />;
  }
  return null;
}
