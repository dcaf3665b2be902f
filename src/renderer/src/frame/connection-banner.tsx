import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { readHostEnd } from '../../../shared/host-end';
import { Button } from '../components/button';
import { reportError } from '../notices/notify';
import { useConnection } from '../state/connection-store';
import { restartHost } from '../studio-client/studio';
import styles from './connection-banner.module.css';

/** Says that the engine host is away. What is on the screen stays usable meanwhile. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const status = useConnection((state) => state.status);
  const reason = useConnection((state) => state.reason);
  const known = readHostEnd(reason);
  const endText = (end: NonNullable<typeof known>): string =>
    'end' in end ? t(`frame.host.ends.${end.end}`) : t('frame.host.exitCode', { code: end.exitCode });
  if (status === 'connected' || status === 'connecting') return null;
  return (
    <div className={styles.banner} role="alert">
      <TriangleAlert size={16} aria-hidden className={styles.icon} />
      <p className={styles.text}>
        <strong>{t(`frame.host.${status}`)}</strong> {known === null ? reason : endText(known)}
      </p>
      {status === 'asking' && (
        <Button onClick={() => void restartHost().catch((error: unknown) => reportError(error))}>
          {t('frame.host.restart')}
        </Button>
      )}
    </div>
  );
}
