import { Minus, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCanvas } from '../canvas/canvas-store';
import { fitPicture, showActualSize, stepZoom, zoomToScale } from '../canvas/navigate';
import { formatZoom } from '../canvas/viewport';
import { Button, IconButton } from '../components/button';
import { Menu, type MenuEntry } from '../components/menu';
import styles from './zoom-controls.module.css';

const presets = [0.25, 0.5, 1, 2, 4, 8, 16, 32];

/** How large picture pixels are on the display, and buttons to change it. */
export function ZoomControls() {
  const { t } = useTranslation();
  const scale = useCanvas((state) => state.viewport?.scale ?? null);
  const fitted = useCanvas((state) => state.viewport?.fitted ?? false);
  const disabled = scale === null;
  const readOut = scale === null ? '–' : formatZoom(scale);
  const entries = presets.map((preset): MenuEntry => ({
    kind: 'item',
    id: String(preset),
    label: formatZoom(preset),
    checked: preset === scale,
    run: () => zoomToScale(preset),
  }));
  return (
    <div className={styles.row} role="group" aria-label={t('display.zoom')}>
      <IconButton
        label={t('canvas.zoomOut')}
        icon={<Minus size={14} aria-hidden />}
        disabled={disabled}
        onClick={() => stepZoom(-1)}
      />
      <Menu
        entries={entries}
        side="top"
        align="center"
        trigger={
          <Button variant="quiet" className={styles.readOut} disabled={disabled} aria-label={t('display.zoom')}>
            {readOut}
          </Button>
        }
      />
      <IconButton
        label={t('canvas.zoomIn')}
        icon={<Plus size={14} aria-hidden />}
        disabled={disabled}
        onClick={() => stepZoom(1)}
      />
      <span className={styles.space} />
      <Button variant="quiet" disabled={disabled || scale === 1} onClick={() => showActualSize()}>
        {t('display.oneToOne')}
      </Button>
      <Button variant="quiet" disabled={disabled || fitted} onClick={fitPicture}>
        {t('display.fit')}
      </Button>
    </div>
  );
}
