import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { ContextMenu } from '../components/menu';
import { rememberDisplay } from '../display/remember-display';
import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { setView } from '../state/view-store';
import { studio } from '../studio-client/studio';
import { CanvasController } from './canvas-controller';
import { CanvasDescription } from './canvas-description';
import { useCanvasMenu } from './canvas-menu';
import { CanvasStatus } from './canvas-status';
import { hoverStore } from './canvas-store';
import styles from './canvas-view.module.css';
import { CardPatience } from './card-patience';
import { fitPicture, movePicture, showActualSize, zoomByFactor } from './navigate';
import { PictureSource } from './picture-source';
import { SplitDivider } from './split-divider';

/** One for the window, so that pictures stay decoded while the mode changes. */
const pictureSource = new PictureSource({
  open: (pictureId, signal) => studio.call('pictures.open', { pictureId }, { signal }),
  read: (pictureId, maxSide, signal) => studio.call('pictures.read', { pictureId, maxSide }, { signal }),
});

/** One for the window as well: a card that was given up is not tried with every change of the layout. */
const patience = new CardPatience();

/** CSS pixels that the picture moves for one press of an arrow key. */
const KEY_STEP = 64;
const descriptionId = 'canvas-description';

/** The selected picture with its mask. Everything that moves is drawn by {@link CanvasController}, not by React. */
export function CanvasView() {
  const { t } = useTranslation();
  const stage = useRef<HTMLDivElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const controller = useController(stage, holder);
  const [menuClass, setMenuClass] = useState<number | null>(null);
  const entries = useCanvasMenu(menuClass);
  useArrowKeys(stage);
  useEffect(rememberDisplay, []);
  const retry = useCallback(() => controller.current?.retry(), [controller]);
  return (
    <ContextMenu entries={entries}>
      <div
        ref={stage}
        className={styles.stage}
        role="group"
        aria-label={t('canvas.title')}
        aria-describedby={descriptionId}
        onContextMenuCapture={() => setMenuClass(hoverStore.getState().classId)}
      >
        <div ref={holder} className={styles.canvas} aria-hidden />
        <CanvasDescription id={descriptionId} />
        <SplitDivider />
        <CanvasStatus onRetry={retry} />
      </div>
    </ContextMenu>
  );
}

function useController(
  stage: RefObject<HTMLDivElement | null>,
  holder: RefObject<HTMLDivElement | null>,
): RefObject<CanvasController | null> {
  const controller = useRef<CanvasController | null>(null);
  useEffect(() => {
    if (stage.current === null || holder.current === null) return undefined;
    const mounted = new CanvasController(stage.current, holder.current, pictureSource, patience);
    controller.current = mounted;
    const copyView = () => copy(mounted);
    const viewAsPng = () => mounted.snapshot();
    const actualSize = () => showActualSize();
    const tryCard = () => mounted.tryCard();
    setView({ canvas: { fit: fitPicture, actualSize, zoomBy: zoomByFactor, copyView, viewAsPng, tryCard } });
    return () => {
      setView({ canvas: null });
      controller.current = null;
      mounted.dispose();
    };
  }, [stage, holder]);
  return controller;
}

async function copy(controller: CanvasController): Promise<void> {
  try {
    const blob = await controller.snapshot();
    if (blob === null) return;
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    notify(i18n.t('canvas.copied'));
  } catch (error) {
    reportError(error);
  }
}

/**
 * Arrows alone walk the film strip; with shift they move the picture. Heard on the whole region of the canvas, which is
 * what has the focus.
 */
function useArrowKeys(stage: RefObject<HTMLDivElement | null>): void {
  useEffect(() => {
    const region = stage.current?.closest<HTMLElement>('[data-region="canvas"]');
    region?.addEventListener('keydown', moveByKey);
    return () => region?.removeEventListener('keydown', moveByKey);
  }, [stage]);
}

function moveByKey(event: KeyboardEvent): void {
  const onControl = event.target instanceof Element && event.target.closest('[data-canvas-control]') !== null;
  if (!event.shiftKey || onControl) return;
  const step = KEY_STEP * devicePixelRatio;
  const moves: Record<string, readonly [number, number]> = {
    ArrowLeft: [step, 0],
    ArrowRight: [-step, 0],
    ArrowUp: [0, step],
    ArrowDown: [0, -step],
  };
  const move = moves[event.key];
  if (move === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  movePicture({ x: move[0], y: move[1] });
}
