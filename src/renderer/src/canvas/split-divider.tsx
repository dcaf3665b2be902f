import type { KeyboardEvent, PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { setView, useView } from '../state/view-store';
import styles from './split-divider.module.css';

const KEY_STEP = 0.02;

/** The line between original and overlay, which can be dragged and moved by arrow keys. */
export function SplitDivider() {
  const { t } = useTranslation();
  const split = useView((state) => state.split);
  const splitAt = useView((state) => state.splitAt);
  if (!split) return null;
  const left = `${splitAt * 100}%`;
  return (
    <>
      <span className={styles.original} style={{ right: `${100 - splitAt * 100}%` }} aria-hidden>
        {t('canvas.original')}
      </span>
      <span className={styles.overlay} style={{ left }} aria-hidden>
        {t('canvas.overlay')}
      </span>
      <div
        className={styles.divider}
        style={{ left }}
        role="slider"
        tabIndex={0}
        aria-label={t('canvas.divider')}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(splitAt * 100)}
        data-canvas-control
        onPointerDown={grab}
        onPointerMove={drag}
        onKeyDown={(event) => moveByKey(event, splitAt)}
        onDoubleClick={() => setView({ splitAt: 0.5 })}
      >
        <span className={styles.grip} />
      </div>
    </>
  );
}

function grab(event: PointerEvent<HTMLElement>): void {
  if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
}

function drag(event: PointerEvent<HTMLElement>): void {
  const stage = event.currentTarget.parentElement;
  if (stage === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
  const box = stage.getBoundingClientRect();
  setView({ splitAt: clamp((event.clientX - box.left) / box.width) });
}

function moveByKey(event: KeyboardEvent, splitAt: number): void {
  const target: Record<string, number> = {
    ArrowLeft: splitAt - KEY_STEP,
    ArrowRight: splitAt + KEY_STEP,
    Home: 0,
    End: 1,
  };
  const next = target[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  setView({ splitAt: clamp(next) });
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
