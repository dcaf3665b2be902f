import { TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useCanvas } from '../canvas/canvas-store';
import { Button } from '../components/button';
import { Popover } from '../components/popover';
import { announce } from '../notices/announce';
import { errorHint, errorMessage } from '../notices/error-text';
import { useView } from '../state/view-store';
import styles from './canvas-drawing.module.css';

/** Says that the processor draws the canvas, and, when it is opened, why and what can be done. */
export function CanvasDrawing() {
  const { t } = useTranslation();
  const drawing = useCanvas((state) => state.drawing);
  const controls = useView((state) => state.canvas);
  const byProcessor = drawing.kind === 'processor';
  useEffect(() => {
    if (byProcessor) announce(t('canvas.byProcessorTitle'));
  }, [byProcessor, t]);
  if (drawing.kind !== 'processor') return null;
  return (
    <Popover
      title={t('canvas.byProcessorTitle')}
      side="top"
      align="start"
      trigger={
        <button type="button" className={styles.remark}>
          <TriangleAlert size={14} aria-hidden />
          {t('canvas.byProcessor')}
        </button>
      }
    >
      <div className={styles.why}>
        <p>{errorMessage(drawing.reason)}</p>
        <p>{errorHint(drawing.reason)}</p>
        <p className={styles.effect}>{t('canvas.byProcessorEffect')}</p>
        <Button onClick={() => controls?.tryCard()}>{t('canvas.tryCard')}</Button>
      </div>
    </Popover>
  );
}
