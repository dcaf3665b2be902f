import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, FolderOpen, Images } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { PictureResult } from '../../../shared/domain/comparison';
import { cancelJob } from '../actions/local-jobs';
import { Button, IconButton } from '../components/button';
import { cx } from '../components/cx';
import { Progress } from '../components/progress';
import { useRemembered } from '../components/use-remembered';
import { useThumbnail } from '../film-strip/use-thumbnail';
import { errorMessage } from '../notices/error-text';
import { reportError } from '../notices/notify';
import { isRunning, useJobs } from '../state/jobs-store';
import { addEntries, select, usePictures } from '../state/pictures-store';
import { runOnFolder, runOnStrip } from './compare-actions';
import { useCompare } from './compare-store';
import styles from './compare-strip.module.css';
import { percentText } from './percent-text';
import { worstFirst } from './worst-first';

const CARD = 132;

/** Under the canvas: runs over many pictures, and shows those that agree least first. */
export function CompareStrip() {
  const { t } = useTranslation();
  const open = useCompare((state) => state.comparison.kind === 'open');
  const some = useCompare(({ result }) => (result?.pictures.length ?? 0) > 0);
  const [unfolded, setUnfolded] = useRemembered('compare.strip', true);
  if (!open) return null;
  return (
    <section className={styles.strip} data-region="transport" aria-label={t('compare.strip')}>
      <header className={styles.header}>
        <RunButtons />
        <RunState />
        <span className={styles.space} />
        {some && (
          <IconButton
            label={unfolded ? t('compare.fold') : t('compare.unfold')}
            side="top"
            icon={<ChevronDown size={16} aria-hidden className={cx(!unfolded && styles.folded)} />}
            onClick={() => setUnfolded(!unfolded)}
          />
        )}
      </header>
      {some && unfolded && <Cards />}
    </section>
  );
}

function useRunJob() {
  const jobId = useCompare((state) => state.runJobId);
  return useJobs(({ jobs }) => jobs.find(({ id }) => id === jobId) ?? null);
}

function RunButtons() {
  const { t } = useTranslation();
  const count = usePictures(({ order, items }) => order.filter((id) => items[id]?.entry.kind === 'image').length);
  const job = useRunJob();
  if (job !== null && isRunning(job)) {
    return <Button onClick={() => void cancelJob(job.id).catch(reportError)}>{t('compare.cancel')}</Button>;
  }
  return (
    <>
      <Button disabled={count === 0} onClick={() => void runOnStrip()}>
        <Images size={14} aria-hidden />
        {t('compare.run', { count })}
      </Button>
      <Button onClick={() => void runOnFolder().catch(reportError)}>
        <FolderOpen size={14} aria-hidden />
        {t('compare.runFolder')}
      </Button>
    </>
  );
}

function RunState() {
  const { t } = useTranslation();
  const job = useRunJob();
  const result = useCompare((state) => state.result);
  if (job !== null && isRunning(job)) {
    const [done, total] = [result?.done ?? 0, result?.total ?? 0];
    return (
      <>
        <span className={styles.meter}>
          <Progress label={t('compare.strip')} value={total === 0 ? null : done / total} />
        </span>
        <span className={styles.soft}>{t('compare.running', { done: String(done), total: String(total) })}</span>
      </>
    );
  }
  if (result === null) return <span className={styles.soft}>{t('compare.runHint')}</span>;
  const failures = result.failures.length;
  return (
    <>
      <span className={styles.soft}>{t('compare.strip')}</span>
      {failures > 0 && (
        <span
          className={styles.failures}
          title={result.failures.map(({ name, ...error }) => `${name}: ${errorMessage(error)}`).join('\n')}
        >
          {t('compare.failures', { count: failures })}
        </span>
      )}
    </>
  );
}

function Cards() {
  const { t } = useTranslation();
  const found = useCompare(({ result }) => result?.pictures ?? noPictures);
  const pictures = useMemo(() => worstFirst(found), [found]);
  const selectedId = usePictures((state) => state.selectedId);
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    horizontal: true,
    count: pictures.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD,
    getItemKey: (index) => pictures[index]?.pictureId ?? index,
    overscan: 3,
  });
  return (
    <div ref={scroller} className={styles.cards} role="list" aria-label={t('compare.strip')}>
      <div className={styles.wide} style={{ width: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const picture = pictures[item.index];
          return picture === undefined ? null : (
            <div
              key={item.key}
              role="listitem"
              aria-setsize={pictures.length}
              aria-posinset={item.index + 1}
              className={styles.place}
              style={{ transform: `translateX(${item.start}px)` }}
            >
              <Card picture={picture} selected={picture.pictureId === selectedId} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const noPictures: readonly PictureResult[] = [];

function Card({ picture, selected }: { readonly picture: PictureResult; readonly selected: boolean }) {
  const { t } = useTranslation();
  const address = useThumbnail(picture.pictureId);
  const { name, worst } = picture;
  const agreement = percentText(worst);
  const label = worst === null ? t('compare.pictureFailed', { name }) : t('compare.pictureOf', { name, agreement });
  return (
    <button
      type="button"
      className={cx(styles.card, selected && styles.selected)}
      aria-label={label}
      aria-current={selected ? 'true' : undefined}
      title={name}
      onClick={() => show(picture)}
    >
      {typeof address === 'string' ? (
        <img className={styles.thumbnail} src={address} alt="" draggable={false} />
      ) : (
        <span className={styles.thumbnail} />
      )}
      <span className={cx(styles.badge, worst === null && styles.failed)}>
        {worst === null ? t('compare.failedSide') : agreement}
      </span>
    </button>
  );
}

/** A picture of a folder comes onto the film strip when it is looked at. */
function show({ pictureId, name }: PictureResult): void {
  addEntries([{ id: pictureId, name, path: null, sizeBytes: 0, kind: 'image' }]);
  select(pictureId);
}
