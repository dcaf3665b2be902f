import { useTranslation } from 'react-i18next';
import { toErrorReport } from '../../../shared/app-error';
import { ErrorCard } from '../notices/error-card';
import { selectedItem, usePictures } from '../state/pictures-store';
import { useCanvas } from './canvas-store';
import styles from './canvas-status.module.css';
import { contextLost } from './gl-program';

const lostReport = toErrorReport(contextLost());

/** What stands over the canvas while the picture itself cannot be drawn as it is. Masks are the frame's business. */
export function CanvasStatus({ onRetry }: { readonly onRetry: () => void }) {
  const { t } = useTranslation();
  const item = usePictures(selectedItem);
  const error = useCanvas((state) => state.error);
  const lost = useCanvas((state) => state.drawing.kind === 'lost');
  const loading = useCanvas((state) => state.loading);
  // Only where more of the picture would be seen than the copy holds.
  const preview = useCanvas(({ shown, viewport }) => {
    const { resolution } = shown ?? { resolution: 1 };
    return resolution < 1 && (viewport?.scale ?? 0) > resolution * 1.01;
  });
  if (item !== null && lost) {
    // It ends by itself: there is nothing to press.
    return (
      <div className={styles.failure} data-canvas-control>
        <ErrorCard error={lostReport} />
      </div>
    );
  }
  // What kept the mask from being made explains the missing picture as well.
  if (item !== null && error !== null && item.status !== 'failed') {
    return (
      <div className={styles.failure} data-canvas-control>
        <ErrorCard error={error} subject={item.entry.name} remedies={[{ label: t('common.retry'), run: onRetry }]} />
      </div>
    );
  }
  const text = loading ? t('canvas.loading') : preview ? t('canvas.preview') : null;
  if (text === null) return null;
  return (
    <p className={styles.note} role="status">
      {text}
    </p>
  );
}
