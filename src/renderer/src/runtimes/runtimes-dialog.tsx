import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RuntimeLibrary, RuntimeOffer } from '../../../shared/domain/runtime-library';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { ErrorCard } from '../notices/error-card';
import { closeDialog } from '../state/window-store';
import { FoundRuntimes } from './found-runtimes';
import { GpuSection } from './gpu-section';
import { RuntimeLicence } from './runtime-licence';
import { RuntimeOffers } from './runtime-offers';
import styles from './runtimes-dialog.module.css';
import { SearchedPlaces } from './searched-places';
import { useRuntimes } from './use-runtimes';

/** The card, the runtimes that were found and where, those that can be had; then the licence of the chosen one. */
export function RuntimesDialog() {
  const { t } = useTranslation();
  const [chosen, choose] = useState<RuntimeOffer | null>(null);
  const [loaded, reload] = useRuntimes();
  return (
    <Dialog open onClose={closeDialog} title={t('runtimes.title')} description={t('runtimes.about')} size="large">
      {chosen !== null && <RuntimeLicence offer={chosen} onBack={() => choose(null)} />}
      {chosen === null && loaded.kind === 'failed' && (
        <ErrorCard error={loaded.error} remedies={[{ label: t('common.retry'), run: reload }]} />
      )}
      {chosen === null && loaded.kind === 'loading' && <Skeleton />}
      {chosen === null && loaded.kind === 'library' && (
        <Library library={loaded.library} busy={loaded.again} onReload={reload} onChoose={choose} />
      )}
    </Dialog>
  );
}

interface LibraryProps {
  readonly library: RuntimeLibrary;
  readonly busy: boolean;
  readonly onReload: () => void;
  readonly onChoose: (offer: RuntimeOffer) => void;
}

function Library({ library, busy, onReload, onChoose }: LibraryProps) {
  const { t } = useTranslation();
  return (
    <div aria-busy={busy}>
      <GpuSection gpu={library.gpu} addon={library.addon} />
      <FoundRuntimes library={library} onRemoved={onReload} />
      <RuntimeOffers offers={library.offers} onChoose={onChoose} />
      <SearchedPlaces places={library.places} />
      <Button variant="quiet" className={styles.refresh ?? ''} disabled={busy} onClick={onReload}>
        <RefreshCw size={14} aria-hidden />
        {t('runtimes.refresh')}
      </Button>
    </div>
  );
}

/** Rows in their final size while the machine is being searched. */
function Skeleton() {
  const { t } = useTranslation();
  return (
    <>
      <p className={styles.soft} role="status">
        {t('runtimes.searching')}
      </p>
      <ul aria-hidden>
        {[0, 1, 2, 3].map((row) => (
          <li key={row} className={styles.skeleton} />
        ))}
      </ul>
    </>
  );
}
