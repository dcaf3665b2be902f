import { ArrowLeft } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RuntimeOffer } from '../../../shared/domain/runtime-library';
import { Button } from '../components/button';
import { useFormat } from '../format/use-format';
import { LicenceText } from '../library/licence-text';
import { notify, reportError } from '../notices/notify';
import { studio } from '../studio-client/studio';
import styles from './runtimes-dialog.module.css';

interface RuntimeLicenceProps {
  readonly offer: RuntimeOffer;
  readonly onBack: () => void;
}

/** The terms come before the download. */
export function RuntimeLicence({ offer, onBack }: RuntimeLicenceProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const checkbox = useId();
  const [accepted, setAccepted] = useState(false);
  const title = `${offer.name} ${offer.version}`;
  const install = (): void => {
    studio
      .call('runtimes.install', { id: offer.id, licenceAccepted: accepted })
      .then(() => {
        onBack();
        notify(t('runtimes.started', { name: title }));
      })
      .catch((error: unknown) => reportError(error, { subject: title }));
  };
  return (
    <div>
      <Button variant="quiet" className={styles.back ?? ''} onClick={onBack}>
        <ArrowLeft size={14} aria-hidden />
        {t('runtimes.back')}
      </Button>
      <h3 className={styles.offerTitle}>{title}</h3>
      <p className={styles.soft}>
        {t('runtimes.size', { download: format.bytes(offer.downloadBytes), disk: format.bytes(offer.diskBytes) })}
      </p>
      <p className={styles.paragraph}>{t('runtimes.licenceHint')}</p>
      <h3 className={styles.heading}>{t('models.licence')}</h3>
      <LicenceText licence={offer.licence} />
      <label htmlFor={checkbox} className={styles.accept}>
        <input
          id={checkbox}
          type="checkbox"
          checked={accepted}
          onChange={(event) => setAccepted(event.target.checked)}
        />
        {t('runtimes.acceptLicence')}
      </label>
      <div className={styles.buttons}>
        <Button variant="primary" disabled={!accepted} onClick={install}>
          {t('runtimes.confirm')}
        </Button>
      </div>
    </div>
  );
}
