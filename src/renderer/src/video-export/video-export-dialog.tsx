import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { videoFormatSchema, type VideoFormat } from '../../../shared/video-contract';
import { startLocalJob } from '../actions/local-jobs';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Destination, chooseDirectory } from '../export/destination';
import styles from '../export/export-dialog.module.css';
import { notify, reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore, openSession } from '../state/library-store';
import { preferencesStore } from '../state/preferences-store';
import { closeDialog } from '../state/window-store';
import { i18n } from '../i18n/i18n';
import { useVideo, videoStore } from '../video/video-store';
import { exportVideo } from './export-video';

const formats = videoFormatSchema.options;
const endings: Readonly<Record<VideoFormat, string>> = {
  overlay: '.overlay.mp4',
  mask: '.mask.mp4',
  png: '000000.png',
  csv: '.frames.csv',
};

/** What of the open video leaves the program; the work goes on as a job. */
export function VideoExportDialog() {
  const { t } = useTranslation();
  const [format, setFormat] = useState<VideoFormat>('overlay');
  const range = useRange();
  const isGone = range === null;
  // The video was closed, or could not be opened: there is nothing to export any more.
  useEffect(() => {
    if (isGone) closeDialog();
  }, [isGone]);
  if (range === null) return null;
  const start = async (): Promise<void> => {
    try {
      if (await begin(format, range)) closeDialog();
    } catch (error) {
      reportError(error);
    }
  };
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('video.exporting.title')}
      footer={
        <>
          <Button onClick={closeDialog}>{t('common.cancel')}</Button>
          <Button variant="primary" onClick={() => void start()}>
            {t('video.exporting.start')}
          </Button>
        </>
      }
    >
      <fieldset className={styles.group}>
        <legend>{t('video.exporting.what')}</legend>
        {formats.map((each) => (
          <label key={each} className={styles.format}>
            <input type="radio" name="format" checked={each === format} onChange={() => setFormat(each)} />
            <span className={styles.formatName}>{t(`video.exporting.${each}`)}</span>
            <span className={styles.formatNote}>{t(`video.exporting.${each}Note`)}</span>
            <code className={styles.ending}>{endings[each]}</code>
          </label>
        ))}
      </fieldset>
      <p className={styles.note}>
        {t('video.exporting.range', { from: String(range.from), to: String(range.to), count: range.count })}
      </p>
      <Destination />
    </Dialog>
  );
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly count: number;
}

/** What is played is what is exported: between the in and the out point, every n-th frame. */
function useRange(): Range | null {
  const video = useVideo((state) => state.video);
  const from = useVideo((state) => state.inPoint);
  const out = useVideo((state) => state.outPoint);
  const every = useVideo((state) => state.options.every);
  if (video.kind !== 'open' || video.isCamera) return null;
  const to = Math.min(out, video.info.frameCount - 1);
  return { from, to, every, count: Math.floor((to - from) / every) + 1 };
}

/** False when the user has chosen no folder after all. */
async function begin(format: VideoFormat, { from, to, every, count }: Range): Promise<boolean> {
  const { video, options } = videoStore.getState();
  const session = openSession(libraryStore.getState());
  if (video.kind !== 'open' || session === null) return false;
  const directory = shell.hasFolders
    ? (preferencesStore.getState().exportDirectory ?? (await chooseDirectory()))
    : null;
  if (shell.hasFolders && directory === null) return false;
  const { pictureId, name } = video;
  const { smoothing } = options;
  const order = { pictureId, name, sessionId: session.id, format, directory, from, to, every, smoothing };
  startLocalJob({ kind: 'export', title: name, unit: 'frames', total: count }, (job) => exportVideo(order, job));
  notify(i18n.t('video.exporting.started'));
  return true;
}
