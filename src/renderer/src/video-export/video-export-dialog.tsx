import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { frameCount } from '../../../shared/frames-to-do';
import {
  videoFormatSchema,
  type ExportSettings,
  type KeptExport,
  type VideoFormat,
} from '../../../shared/video-export-contract';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { SureButton } from '../components/sure-button';
import { chooseDirectory, Destination } from '../export/destination';
import styles from '../export/export-dialog.module.css';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore, openSession } from '../state/library-store';
import { preferencesStore, usePreferences } from '../state/preferences-store';
import { closeDialog } from '../state/window-store';
import { useVideo, videoStore, type OpenedVideo } from '../video/video-store';
import { styleOf, type ExportTarget } from './export-order';
import type { VideoExport } from './export-video';
import { KeptNote } from './kept-note';
import { startVideoExport } from './start-export';
import { useKept } from './use-kept';

const formats = videoFormatSchema.options;
const endings: Readonly<Record<VideoFormat, string>> = {
  overlay: '.overlay.mp4',
  mask: '.mask.mp4',
  png: '000000.png',
  csv: '.frames.csv',
};

type OpenVideo = Extract<OpenedVideo, { kind: 'open' }>;

/** What of the open video leaves the program; the work goes on as a job. */
export function VideoExportDialog() {
  const { t } = useTranslation();
  const [format, setFormat] = useState<VideoFormat>('overlay');
  const video = useVideo((state) => state.video);
  const range = useRange();
  const target = useTarget(format);
  const { kept, discard } = useKept(target);
  const isGone = range === null || video.kind !== 'open';
  // The video was closed, or could not be opened: there is nothing to export any more.
  useEffect(() => {
    if (isGone) closeDialog();
  }, [isGone]);
  if (isGone) return null;
  const now = { ...range, style: styleOf(format) };
  const start = async (how: VideoExport['how'], settings: ExportSettings): Promise<void> => {
    try {
      if (await begin(video, format, { how, settings })) closeDialog();
    } catch (error) {
      reportError(error);
    }
  };
  const onStart = (how: VideoExport['how']): void => void start(how, how === 'continue' && kept ? kept.settings : now);
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('video.exporting.title')}
      footer={
        <>
          <Button onClick={closeDialog}>{t('common.cancel')}</Button>
          <StartButtons kept={kept} onStart={onStart} />
        </>
      }
    >
      <FormatChoice format={format} onChange={setFormat} />
      <p className={styles.note}>
        {t('video.exporting.range', { from: String(range.from), to: String(range.to), count: frameCount(range) })}
      </p>
      <Destination />
      {kept !== null && <KeptNote kept={kept} now={now} onDiscard={() => void discard()} />}
    </Dialog>
  );
}

function FormatChoice(props: { readonly format: VideoFormat; readonly onChange: (format: VideoFormat) => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className={styles.group}>
      <legend>{t('video.exporting.what')}</legend>
      {formats.map((each) => (
        <label key={each} className={styles.format}>
          <input type="radio" name="format" checked={each === props.format} onChange={() => props.onChange(each)} />
          <span className={styles.formatName}>{t(`video.exporting.${each}`)}</span>
          <span className={styles.formatNote}>{t(`video.exporting.${each}Note`)}</span>
          <code className={styles.ending}>{endings[each]}</code>
        </label>
      ))}
    </fieldset>
  );
}

interface StartButtonsProps {
  readonly kept: KeptExport | null;
  readonly onStart: (how: VideoExport['how']) => void;
}

/** The export; where one of the same name has broken off, going on with it, or beginning anew. */
function StartButtons({ kept, onStart }: StartButtonsProps) {
  const { t } = useTranslation();
  const canGoOn = kept !== null && kept.differs.every((part) => part === 'settings');
  if (kept === null || kept.busy) {
    return (
      <Button variant="primary" disabled={kept !== null} onClick={() => onStart('begin')}>
        {t('video.exporting.start')}
      </Button>
    );
  }
  return (
    <>
      <SureButton
        variant={canGoOn ? 'plain' : 'primary'}
        label={t('video.exporting.again')}
        sureLabel={t('video.exporting.againSure', { count: kept.frames })}
        onSure={() => onStart('again')}
      />
      {canGoOn && (
        <Button variant="primary" onClick={() => onStart('continue')}>
          {t('video.exporting.goOn')}
        </Button>
      )}
    </>
  );
}

type Range = Omit<ExportSettings, 'style' | 'to'> & { readonly to: number };

/** What is played is what is exported: between the in and the out point, every n-th frame. */
function useRange(): Range | null {
  const video = useVideo((state) => state.video);
  const from = useVideo((state) => state.inPoint);
  const out = useVideo((state) => state.outPoint);
  const { every, smoothing } = useVideo((state) => state.options);
  if (video.kind !== 'open' || video.isCamera) return null;
  return { from, to: Math.min(out, video.info.frameCount - 1), every, smoothing };
}

/** Null where it is not known yet which folder that is. */
function useTarget(format: VideoFormat): ExportTarget | null {
  const video = useVideo((state) => state.video);
  const directory = usePreferences((state) => state.exportDirectory);
  if (video.kind !== 'open' || (shell.hasFolders && directory === null)) return null;
  return targetOf(video, format, shell.hasFolders ? directory : null);
}

function targetOf({ pictureId, name, info }: OpenVideo, format: VideoFormat, directory: string | null): ExportTarget {
  return { pictureId, name, size: info.size, format, directory };
}

/** False when the user has chosen no folder after all. */
async function begin(shown: OpenVideo, format: VideoFormat, work: Omit<VideoExport, 'target'>): Promise<boolean> {
  const { video } = videoStore.getState();
  const isShown = video.kind === 'open' && video.pictureId === shown.pictureId;
  if (!isShown || openSession(libraryStore.getState()) === null) return false;
  const directory = shell.hasFolders
    ? (preferencesStore.getState().exportDirectory ?? (await chooseDirectory()))
    : null;
  if (shell.hasFolders && directory === null) return false;
  startVideoExport({ ...work, target: targetOf(video, format, directory) });
  return true;
}
