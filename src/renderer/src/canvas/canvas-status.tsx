import { LoaderCircle } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { segmentAgain } from '../actions/segment';
import { ErrorCard } from '../notices/error-card';
import { selectedItem, usePictures } from '../state/pictures-store';
import { useCanvas } from './canvas-store';
import styles from './canvas-status.module.css';

/** Work shorter than this is not worth a word. */
const PATIENCE_MS = 250;

/** What stands over the picture while it, or its mask, is not there; nothing otherwise. */
export function CanvasStatus({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = useTranslation();
  const item = usePictures(selectedItem);
  const error = useCanvas((state) => state.error);
  const loading = useCanvas((state) => state.loading);
  const preview = useCanvas((state) => state.shown?.preview ?? false);
  const working = useLasting(item?.status === 'working' || item?.status === 'queued');
  const failure = error ?? (item?.status === 'failed' ? item.error : null);
  if (item !== null && failure !== null) {
    const retry = error !== null ? onRetry : () => segmentAgain([item.entry.id]);
    return (
      <div className={styles.failure} data-canvas-control>
        <ErrorCard error={failure} subject={item.entry.name} remedy={{ label: t('common.retry'), run: retry }} />
      </div>
    );
  }
  const text = loading ? t('canvas.loading') : working ? t('canvas.segmenting') : preview ? t('canvas.preview') : null;
  if (text === null) return null;
  return (
    <p className={styles.note} role="status">
      {(loading || working) && <LoaderCircle size={14} aria-hidden className={styles.spinner} />}
      {text}
    </p>
  );
}

/** True once `active` has been true for a while. */
function useLasting(active: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!active) return undefined;
    const timer = window.setTimeout(() => setLasting(true), PATIENCE_MS);
    return () => {
      window.clearTimeout(timer);
      setLasting(false);
    };
  }, [active]);
  return active && lasting;
}
