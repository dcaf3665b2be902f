import { ArrowLeft } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CatalogueEntry } from '../../../shared/domain/catalogue';
import { Button } from '../components/button';
import { Select } from '../components/select';
import { useFormat } from '../format/use-format';
import { notify, reportError } from '../notices/notify';
import { closeDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import styles from './catalogue-dialog.module.css';
import { LicenceText } from './licence-text';

interface CatalogueLicenceProps {
  readonly entry: CatalogueEntry;
  readonly onBack: () => void;
}

/** The terms come before the download, and the download before anything else. */
export function CatalogueLicence({ entry, onBack }: CatalogueLicenceProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const checkbox = useId();
  const [accepted, setAccepted] = useState(false);
  const [file, setFile] = useState(entry.files[0]?.path ?? '');
  const pull = (): void => {
    studio
      .call('catalogue.pull', { repo: entry.repo, licenceAccepted: accepted, ...(file === '' ? {} : { file }) })
      .then(() => {
        closeDialog();
        notify(t('models.pulling', { name: entry.title }), { description: t('models.pullingHint') });
      })
      .catch((error: unknown) => reportError(error, { subject: entry.repo }));
  };
  return (
    <div className={styles.terms}>
      <Button variant="quiet" className={styles.back ?? ''} onClick={onBack}>
        <ArrowLeft size={14} aria-hidden />
        {t('models.backToCatalogue')}
      </Button>
      <h3 className={styles.termsTitle}>{entry.title}</h3>
      <p className={styles.repo}>{entry.repo}</p>
      {entry.files.length > 1 && (
        <div className={styles.file}>
          <Select
            label={t('models.file')}
            value={file}
            options={entry.files.map((option) => ({
              value: option.path,
              label: `${option.precision} · ${option.path}${option.sizeBytes > 0 ? ` · ${format.bytes(option.sizeBytes)}` : ''}`,
            }))}
            onChange={setFile}
          />
        </div>
      )}
      <h3 className={styles.heading}>{t('models.licence')}</h3>
      <LicenceText licence={entry.licence} />
      <label htmlFor={checkbox} className={styles.accept}>
        <input
          id={checkbox}
          type="checkbox"
          checked={accepted}
          onChange={(event) => setAccepted(event.target.checked)}
        />
        {t('models.acceptLicence')}
      </label>
      <div className={styles.buttons}>
        <Button variant="primary" disabled={!accepted} onClick={pull}>
          {t('models.download')}
        </Button>
      </div>
    </div>
  );
}
