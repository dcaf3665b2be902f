import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { PanelImperativeHandle } from 'react-resizable-panels';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';
import { FilmStrip } from '../film-strip/film-strip';
import { useModeViews } from '../modes/use-mode-views';
import { setWindow, useWindow } from '../state/window-store';
import { CanvasArea } from './canvas-area';
import styles from './frame.module.css';
import { SidePanels } from './side-panels';

/** Film strip, canvas and side panels beside each other; widths are remembered. */
export function WideBody() {
  const { t } = useTranslation();
  const { views } = useModeViews();
  const Left = views?.Left ?? FilmStrip;
  const Right = views?.Right ?? SidePanels;
  const layout = useDefaultLayout({
    id: 'maskforge.frame',
    storage: window.localStorage,
    onlySaveAfterUserInteractions: true,
  });
  const filmStrip = useFolding(
    useWindow((state) => state.filmStripOpen),
    (open) => setWindow({ filmStripOpen: open }),
  );
  const sidePanels = useFolding(
    useWindow((state) => state.sidePanelsOpen),
    (open) => setWindow({ sidePanelsOpen: open }),
  );
  return (
    <Group className={styles.body} defaultLayout={layout.defaultLayout} onLayoutChanged={layout.onLayoutChanged}>
      <Panel
        id="film-strip"
        panelRef={filmStrip.ref}
        onResize={filmStrip.onResize}
        className={styles.panel}
        groupResizeBehavior="preserve-pixel-size"
        collapsible
        defaultSize={232}
        minSize={152}
        maxSize={400}
      >
        <Left />
      </Panel>
      <Separator className={styles.separator} aria-label={t('frame.resizeFilmStrip')} />
      <Panel id="canvas" minSize={240}>
        <CanvasArea />
      </Panel>
      <Separator className={styles.separator} aria-label={t('frame.resizeSidePanels')} />
      <Panel
        id="side-panels"
        panelRef={sidePanels.ref}
        onResize={sidePanels.onResize}
        className={styles.panel}
        groupResizeBehavior="preserve-pixel-size"
        collapsible
        defaultSize={288}
        minSize={240}
        maxSize={440}
      >
        <Right />
      </Panel>
    </Group>
  );
}

/** Keeps a panel's folded state and the window store's flag the same, whichever changes first. */
function useFolding(open: boolean, setOpen: (open: boolean) => void) {
  const ref = useRef<PanelImperativeHandle>(null);
  useEffect(() => {
    if (open) ref.current?.expand();
    else ref.current?.collapse();
  }, [open]);
  const onResize = (size: { inPixels: number }, _id: unknown, before: { inPixels: number } | undefined): void => {
    if (before === undefined) return;
    const isOpen = size.inPixels > 0;
    if (isOpen !== before.inPixels > 0) setOpen(isOpen);
  };
  return { ref, onResize };
}
