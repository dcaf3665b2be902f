import { lazy, Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';
import { CanvasView } from '../canvas/canvas-view';
import { useModeViews } from '../modes/use-mode-views';
import { selectedItem, usePictures } from '../state/pictures-store';
import { useWindow } from '../state/window-store';
import { CanvasState } from './canvas-state';
import styles from './frame.module.css';

/** With its charts it is larger than all the rest of the window's script. */
const LatencyPanel = lazy(async () => ({ default: (await import('../latency/latency-panel')).LatencyPanel }));

/** The canvas with what the mode puts over and under it, and the charts below. */
export function CanvasArea() {
  const { t } = useTranslation();
  const latencyOpen = useWindow((state) => state.latencyOpen);
  const layout = useDefaultLayout({
    id: 'maskforge.canvas',
    panelIds: latencyOpen ? ['stage', 'latency'] : ['stage'],
    storage: window.localStorage,
    onlySaveAfterUserInteractions: true,
  });
  return (
    <Group
      orientation="vertical"
      className={styles.column}
      defaultLayout={layout.defaultLayout}
      onLayoutChanged={layout.onLayoutChanged}
    >
      <Panel id="stage" minSize={160} className={styles.stage}>
        <Stage />
      </Panel>
      {latencyOpen && (
        <>
          <Separator className={styles.separatorRow} aria-label={t('latency.resize')} />
          <Panel id="latency" defaultSize={260} minSize={140} groupResizeBehavior="preserve-pixel-size">
            <Suspense fallback={<div className={styles.panel} aria-busy />}>
              <LatencyPanel />
            </Suspense>
          </Panel>
        </>
      )}
    </Group>
  );
}

function Stage() {
  const { t } = useTranslation();
  const name = usePictures((state) => selectedItem(state)?.entry.name ?? '');
  const { views, loading } = useModeViews();
  const Over = views?.Over;
  const Above = views?.Above;
  const canvas = useRef<HTMLElement>(null);
  useEffect(() => followBottom(canvas.current), []);
  const Under = views?.Under;
  return (
    <>
      {Above !== undefined && <Above />}
      <main
        ref={canvas}
        className={styles.canvas}
        data-region="canvas"
        tabIndex={0}
        aria-label={name === '' ? t('frame.canvas') : t('frame.canvasOf', { name })}
      >
        <CanvasView />
        {Over !== undefined ? <Over /> : !loading && <CanvasState />}
      </main>
      {Under !== undefined && <Under />}
    </>
  );
}

/** Tells the style sheets how much of the window stands below the canvas: notices must not cover it. */
function followBottom(canvas: HTMLElement | null): () => void {
  if (canvas === null) return () => undefined;
  const observer = new ResizeObserver(() => {
    const below = Math.max(0, window.innerHeight - canvas.getBoundingClientRect().bottom);
    document.documentElement.style.setProperty('--below-canvas', `${below}px`);
  });
  observer.observe(canvas);
  return () => observer.disconnect();
}
