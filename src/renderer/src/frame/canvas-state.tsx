import { ImagePlus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { removePictures } from '../actions/pictures';
import { segmentAgain } from '../actions/segment';
import { runById, shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import { ErrorCard } from '../notices/error-card';
import { useConnection } from '../state/connection-store';
import { useLibrary } from '../state/library-store';
import { selectedItem, usePictures } from '../state/pictures-store';
import styles from './canvas-state.module.css';
import { ModelTrouble } from './model-trouble';

/** What lies over the canvas when there is no picture or no mask to show, and why. */
export function CanvasState() {
  const selected = usePictures(selectedItem);
  const empty = usePictures((state) => state.order.length === 0);
  const session = useLibrary((state) => state.session);
  const loaded = useLibrary((state) => state.loaded);
  const connecting = useConnection((state) => state.generation === 0);

  if (connecting || !loaded) return <div className={styles.skeleton} aria-hidden />;
  if (empty) return <EmptyStrip />;
  if (session.kind === 'failed' || session.kind === 'none') return <ModelTrouble />;
  if (selected?.status === 'failed') return <PictureFailed />;
  const busy = session.kind === 'opening' || selected?.status === 'working' || selected?.status === 'queued';
  return busy ? <Busy opening={session.kind === 'opening'} /> : null;
}

function Busy({ opening }: { readonly opening: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={styles.busy} role="progressbar" aria-label={opening ? t('models.opening') : t('pictures.working')}>
      <span className={styles.bar} />
      <span className={styles.chip}>{opening ? t('models.opening') : t('pictures.working')}</span>
    </div>
  );
}

function EmptyStrip() {
  const { t } = useTranslation();
  return (
    <div className={styles.centre}>
      <div className={styles.empty}>
        <ImagePlus size={32} strokeWidth={1.5} aria-hidden className={styles.emptyIcon} />
        <h2 className={styles.emptyTitle}>{t('pictures.emptyTitle')}</h2>
        <p className={styles.emptyText}>
          {t('pictures.emptyText', {
            pictures: shortcutOf('open-pictures') ?? '',
            paste: shortcutOf('paste') ?? '',
            model: shortcutOf('open-model') ?? '',
          })}
        </p>
        <div className={styles.buttons}>
          <Button onClick={() => runById('show-samples')}>{t('pictures.useSamples')}</Button>
          <Button variant="primary" onClick={() => runById('open-pictures')}>
            {t('commands.openPictures')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function PictureFailed() {
  const { t } = useTranslation();
  const item = usePictures(selectedItem);
  if (item?.error == null) return null;
  return (
    <div className={styles.centre}>
      <div className={styles.card}>
        <ErrorCard
          error={item.error}
          subject={item.entry.name}
          remedies={[
            { label: t('common.retry'), run: () => segmentAgain([item.entry.id]) },
            { label: t('commands.removePicture'), run: () => removePictures([item.entry.id]) },
          ]}
        />
      </div>
    </div>
  );
}
