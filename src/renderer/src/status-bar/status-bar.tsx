import { Info, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useArrangement } from '../canvas/arrangement-store';
import { cx } from '../components/cx';
import { Tooltip } from '../components/tooltip';
import { warningText } from '../notices/error-text';
import { onHoverText } from '../state/hover-slot';
import { openSession, useLibrary } from '../state/library-store';
import { selectedSegmentation, usePictures } from '../state/pictures-store';
import { useView } from '../state/view-store';
import { CanvasDrawing } from './canvas-drawing';
import { JobsIndicator } from './jobs-indicator';
import { LastFrame } from './last-frame';
import styles from './status-bar.module.css';
import { deviceText } from '../format/device-text';

export function StatusBar() {
  const { t } = useTranslation();
  return (
    <footer className={styles.bar} data-region="status-bar" aria-label={t('frame.statusBar')}>
      <HoverText />
      <PictureSize />
      <Zoom />
      <Notes />
      <CanvasDrawing />
      <LastFrame />
      <span className={styles.space} />
      <Engine />
      <JobsIndicator />
    </footer>
  );
}

/** Written to by the canvas with every mouse move, without rendering. */
function HoverText() {
  const slot = useRef<HTMLSpanElement>(null);
  // Several sides need several words, and what stands beside must not jump.
  const compared = useArrangement(({ arrangement }) => arrangement !== null);
  useEffect(
    () =>
      onHoverText((text) => {
        if (slot.current !== null) slot.current.textContent = text;
      }),
    [],
  );
  return <span ref={slot} className={cx(styles.hover, compared && styles.wide)} data-testid="hover" />;
}

function PictureSize() {
  const { t } = useTranslation();
  const picture = usePictures((state) => selectedSegmentation(state)?.picture ?? null);
  if (picture === null) return null;
  const detail = [
    picture.format.toUpperCase(),
    t('frame.bits', { count: picture.bitDepth }),
    ...(picture.orientation === 1 ? [] : [t('frame.orientation', { value: String(picture.orientation) })]),
    ...(picture.frames === 1 ? [] : [t('frame.frames', { count: picture.frames })]),
  ].join(' · ');
  return (
    <Tooltip text={detail} side="top">
      <span className={styles.item}>
        {picture.width}×{picture.height}
      </span>
    </Tooltip>
  );
}

/** What is worth saying about the picture, such as that only the first of its frames is shown. */
function Notes() {
  const { t } = useTranslation();
  const notes = usePictures((state) => selectedSegmentation(state)?.notes ?? null);
  if (notes === null || notes.length === 0) return null;
  const text = notes.map(warningText).join(' ');
  return (
    <Tooltip text={text} side="top">
      <span className={styles.notes} role="note" tabIndex={0} aria-label={text}>
        <Info size={14} aria-hidden />
        {t('frame.notes', { count: notes.length })}
      </span>
    </Tooltip>
  );
}

function Zoom() {
  const { t } = useTranslation();
  const zoom = useView((state) => state.zoom);
  if (zoom === 0) return null;
  return (
    <Tooltip text={t('frame.zoomHint')} side="top">
      <span className={styles.item}>{Math.round(zoom * 100)} %</span>
    </Tooltip>
  );
}

function Engine() {
  const { t } = useTranslation();
  const session = useLibrary(openSession);
  const opening = useLibrary((state) => state.session.kind === 'opening');
  const runtimeName = useLibrary(
    (state) => state.runtimes.find((runtime) => runtime.id === session?.runtime)?.name ?? session?.runtime ?? '',
  );
  if (session === null) return opening ? <span className={styles.item}>{t('models.opening')}</span> : null;
  return (
    <>
      {session.fallback !== null && (
        <Tooltip text={session.fallback} side="top">
          <span className={styles.fallback} role="note" tabIndex={0}>
            <TriangleAlert size={14} aria-hidden />
            {session.device.startsWith('CPU') ? t('frame.fallbackCpu') : t('frame.fallback')}
          </span>
        </Tooltip>
      )}
      <span className={styles.engine} data-testid="engine">
        {runtimeName} {session.runtimeVersion} · {deviceText(session.device)} · <strong>{session.modelName}</strong>
      </span>
    </>
  );
}
