import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Drawer } from '../components/drawer';
import { FilmStrip } from '../film-strip/film-strip';
import { useModeViews } from '../modes/use-mode-views';
import { setWindow, useWindow } from '../state/window-store';
import { CanvasArea } from './canvas-area';
import styles from './frame.module.css';
import { SidePanels } from './side-panels';

/** The canvas alone; the panels come as drawers. */
export function NarrowBody() {
  const { t } = useTranslation();
  const { views } = useModeViews();
  const Left = views?.Left ?? FilmStrip;
  const Right = views?.Right ?? SidePanels;
  const filmStripOpen = useWindow((state) => state.filmStripOpen);
  const sidePanelsOpen = useWindow((state) => state.sidePanelsOpen);
  // One drawer at a time: the later one wins.
  useEffect(() => {
    if (filmStripOpen) setWindow({ sidePanelsOpen: false });
  }, [filmStripOpen]);
  useEffect(() => {
    if (sidePanelsOpen) setWindow({ filmStripOpen: false });
  }, [sidePanelsOpen]);
  return (
    <div className={styles.body}>
      <CanvasArea />
      <Drawer
        side="left"
        title={t(views?.leftTitle ?? 'pictures.title')}
        open={filmStripOpen}
        onClose={() => setWindow({ filmStripOpen: false })}
      >
        <Left />
      </Drawer>
      <Drawer
        side="right"
        title={t(views?.rightTitle ?? 'frame.sidePanels')}
        open={sidePanelsOpen}
        onClose={() => setWindow({ sidePanelsOpen: false })}
      >
        <Right />
      </Drawer>
    </div>
  );
}
