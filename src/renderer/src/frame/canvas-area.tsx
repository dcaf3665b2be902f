import { useTranslation } from 'react-i18next';
import { CanvasView } from '../canvas/canvas-view';
import { selectedItem, usePictures } from '../state/pictures-store';
import { CanvasState } from './canvas-state';
import styles from './frame.module.css';

export function CanvasArea() {
  const { t } = useTranslation();
  const name = usePictures((state) => selectedItem(state)?.entry.name ?? '');
  return (
    <main
      className={styles.canvas}
      data-region="canvas"
      tabIndex={0}
      aria-label={name === '' ? t('frame.canvas') : t('frame.canvasOf', { name })}
    >
      <CanvasView />
      <CanvasState />
    </main>
  );
}
