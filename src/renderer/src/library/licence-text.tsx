import { ExternalLink } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Licence } from '../../../shared/domain/model';
import { Button } from '../components/button';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import styles from './licence-text.module.css';

export function LicenceText({ licence }: { readonly licence: Licence }) {
  const { t } = useTranslation();
  const { name, text, url } = licence;
  return (
    <div className={styles.licence}>
      <p>{name}</p>
      {text !== undefined && <pre className={styles.text}>{text}</pre>}
      {url !== undefined && (
        <Button
          variant="quiet"
          className={styles.link ?? ''}
          onClick={() => void shell.openExternal(url).catch((error: unknown) => reportError(error))}
        >
          <ExternalLink size={14} aria-hidden />
          {t('models.readLicence')}
        </Button>
      )}
    </div>
  );
}
