import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../shared/domain/job';
import type { RuntimeOffer } from '../../../shared/domain/runtime-library';
import { Button } from '../components/button';
import { Progress } from '../components/progress';
import { useFormat } from '../format/use-format';
import { isRunning, useJobs } from '../state/jobs-store';
import { progressOf } from '../status-bar/job-progress';
import styles from './runtimes-dialog.module.css';

interface RuntimeOffersProps {
  readonly offers: readonly RuntimeOffer[];
  readonly onChoose: (offer: RuntimeOffer) => void;
}

/** What can be installed and has not been; what is being installed shows how far it is. */
export function RuntimeOffers({ offers, onChoose }: RuntimeOffersProps) {
  const { t } = useTranslation();
  const open = offers.filter(({ installed, id, version }) => !installed.includes(`${id}-${version}`));
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="runtimes-get">
      <h3 id="runtimes-get" className={styles.heading}>
        {t('runtimes.get')}
      </h3>
      <ul className={styles.list}>
        {open.map((offer) => (
          <li key={offer.id} className={styles.entry}>
            <Offer offer={offer} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Offer({
  offer,
  onChoose,
}: {
  readonly offer: RuntimeOffer;
  readonly onChoose: (offer: RuntimeOffer) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const title = `${offer.name} ${offer.version}`;
  const job = useJobs((state) => state.jobs.find((each) => isRunning(each) && each.title === title) ?? null);
  const size = t('runtimes.size', { download: format.bytes(offer.downloadBytes), disk: format.bytes(offer.diskBytes) });
  return (
    <>
      <div className={styles.text}>
        <strong className={styles.title}>{title}</strong>
        <span className={styles.soft}>{size}</span>
        <span className={styles.soft}>{t(`runtimes.summaries.${offer.id}`)}</span>
        {offer.suitsDevice !== null && (
          <span className={offer.suitsDevice ? styles.good : styles.warning}>
            {t(offer.suitsDevice ? 'runtimes.suits' : 'runtimes.suitsNot')}
          </span>
        )}
        {offer.unavailable !== '' && <span className={styles.warning}>{t('runtimes.unavailable')}</span>}
        {job !== null && <Installing job={job} />}
      </div>
      {job === null && (
        <Button
          disabled={offer.unavailable !== ''}
          aria-label={t('runtimes.installNamed', { name: title })}
          onClick={() => onChoose(offer)}
        >
          <Download size={14} aria-hidden />
          {t('runtimes.install')}
        </Button>
      )}
    </>
  );
}

function Installing({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  const amount =
    job.total > 0 ? t('frame.jobs.progress', { done: format.bytes(job.done), total: format.bytes(job.total) }) : '';
  return (
    <div className={styles.progress}>
      <Progress label={`${t('runtimes.installing')}: ${job.title}`} value={progressOf(job)} />
      <span className={styles.soft}>
        {[t('runtimes.installing'), amount].filter((part) => part !== '').join(' · ')}
      </span>
    </div>
  );
}
