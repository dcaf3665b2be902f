import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { listenToKeyboard } from '../commands/keyboard';
import { useMediaQuery } from '../components/use-media-query';
import { DropOverlay } from '../drop/drop-overlay';
import { listenToPaste } from '../drop/paste';
import { StatusBar } from '../status-bar/status-bar';
import { selectedItem, usePictures } from '../state/pictures-store';
import { setWindow } from '../state/window-store';
import { ConnectionBanner } from './connection-banner';
import styles from './frame.module.css';
import { NarrowBody } from './narrow-body';
import { OpenDialogs } from './open-dialogs';
import { TitleBar } from './title-bar';
import { WideBody } from './wide-body';

/** Below this width the side panels are drawers over the canvas. */
const narrowWindow = '(max-width: 899px)';

export function Frame() {
  const narrow = useMediaQuery(narrowWindow);
  useEffect(() => {
    const stops = [listenToKeyboard(), listenToPaste()];
    return () => stops.forEach((stop) => stop());
  }, []);
  // Drawers would cover the picture: they start closed, and panels come back when there is room again.
  useEffect(() => setWindow({ filmStripOpen: !narrow, sidePanelsOpen: !narrow }), [narrow]);

  useDocumentTitle();

  return (
    <div className={styles.frame}>
      <TitleBar narrow={narrow} />
      <ConnectionBanner />
      {narrow ? <NarrowBody /> : <WideBody />}
      <StatusBar />
      <DropOverlay />
      <OpenDialogs />
    </div>
  );
}

function useDocumentTitle(): void {
  const { t } = useTranslation();
  const name = usePictures((state) => selectedItem(state)?.entry.name ?? '');
  const title = name === '' ? t('common.appName') : `${name} – ${t('common.appName')}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}
