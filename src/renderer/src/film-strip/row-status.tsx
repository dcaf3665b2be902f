import { useTranslation } from 'react-i18next';
import { cx } from '../components/cx';
import { useFormat } from '../format/use-format';
import { errorTitle } from '../notices/error-text';
import type { PictureItem } from '../state/pictures-store';
import styles from './film-strip.module.css';

/** The second line of a row: why it failed, that it waits, or how large it is. */
export function RowStatus({ item }: { readonly item: PictureItem }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (item.status === 'failed' && item.error !== null) {
    return <span className={cx(styles.status, styles.failed)}>{errorTitle(item.error)}</span>;
  }
  if (item.status === 'queued') return <span className={styles.status}>{t('pictures.queued')}</span>;
  if (item.status === 'working') return <span className={styles.status}>{t('pictures.working')}</span>;
  if (item.entry.kind === 'video') {
    return (
      <span className={styles.status}>
        {item.entry.sizeBytes > 0 ? `${t('video.kind')} · ${format.bytes(item.entry.sizeBytes)}` : t('video.kind')}
      </span>
    );
  }
  return (
    <span className={styles.status}>
      {item.status === 'done' && <span className={styles.done} role="img" aria-label={t('pictures.done')} />}
      {format.bytes(item.entry.sizeBytes)}
    </span>
  );
}
