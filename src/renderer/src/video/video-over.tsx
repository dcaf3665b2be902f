import { Film } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { removePictures } from '../actions/pictures';
import { runById, shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import styles from '../frame/canvas-state.module.css';
import { ModelTrouble } from '../frame/model-trouble';
import { ErrorCard } from '../notices/error-card';
import { useLibrary } from '../state/library-store';
import { playOrPause, retryVideo } from './video-control';
import { useVideo, videoStore } from './video-store';

/** Over the canvas in video mode: nothing is open, a video is being read, it cannot be, or playing has stopped. */
export function VideoOver() {
  const kind = useVideo((state) => state.video.kind);
  const trouble = useVideo((state) => state.trouble);
  const session = useLibrary((state) => state.session.kind);
  if (kind === 'none') return <NoVideo />;
  if (kind === 'opening') return <Opening />;
  if (kind === 'failed') return <VideoFailed />;
  if (trouble !== null) return <PlayingStopped />;
  return session === 'failed' || session === 'none' ? <ModelTrouble /> : null;
}

function NoVideo() {
  const { t } = useTranslation();
  return (
    <div className={styles.centre}>
      <div className={styles.empty}>
        <Film size={32} strokeWidth={1.5} aria-hidden className={styles.emptyIcon} />
        <h2 className={styles.emptyTitle}>{t('video.emptyTitle')}</h2>
        <p className={styles.emptyText}>{t('video.emptyText', { open: shortcutOf('open-pictures') ?? '' })}</p>
        <div className={styles.buttons}>
          <Button onClick={() => runById('open-camera')}>{t('commands.openCamera')}</Button>
          <Button onClick={() => runById('sample-video')}>{t('commands.sampleVideo')}</Button>
          <Button variant="primary" onClick={() => runById('open-pictures')}>
            {t('video.open')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function Opening() {
  const { t } = useTranslation();
  const percent = useVideo(({ video }) => (video.kind === 'opening' ? Math.round(video.progress * 100) : 0));
  const text = percent > 0 ? t('video.readingPercent', { percent: String(percent) }) : t('video.reading');
  return (
    <div className={styles.busy} role="progressbar" aria-label={t('video.reading')} aria-valuenow={percent}>
      <span className={styles.bar} />
      <span className={styles.chip}>{text}</span>
    </div>
  );
}

function VideoFailed() {
  const { t } = useTranslation();
  const video = useVideo((state) => state.video);
  if (video.kind !== 'failed') return null;
  return (
    <div className={styles.centre}>
      <div className={styles.card}>
        <ErrorCard
          error={video.error}
          subject={video.name}
          remedies={[
            { label: t('common.retry'), run: retryVideo },
            { label: t('video.remove'), run: () => removePictures([video.pictureId]) },
          ]}
        />
      </div>
    </div>
  );
}

function PlayingStopped() {
  const { t } = useTranslation();
  const trouble = useVideo((state) => state.trouble);
  const video = useVideo((state) => state.video);
  if (trouble === null || video.kind !== 'open') return null;
  const again = trouble.code === 'VIDEO_CAMERA_GONE' ? retryVideo : playOrPause;
  return (
    <div className={styles.centre}>
      <div className={styles.card}>
        <ErrorCard
          error={trouble}
          subject={video.name}
          remedies={[
            { label: t('video.playAgain'), run: again },
            { label: t('video.stayHere'), run: () => videoStore.setState({ trouble: null }) },
          ]}
        />
      </div>
    </div>
  );
}
