import { Check, Download, WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { CatalogueEntry } from '../../../shared/domain/catalogue';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { SearchField } from '../components/search-field';
import { useFormat } from '../format/use-format';
import { ErrorCard } from '../notices/error-card';
import { useLibrary } from '../state/library-store';
import { closeDialog, openDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import styles from './catalogue-dialog.module.css';
import { CatalogueLicence } from './catalogue-licence';

type Loaded =
  | { readonly kind: 'loading' }
  | { readonly kind: 'list'; readonly entries: readonly CatalogueEntry[] }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/** Models that can be fetched: the list, then the licence of the chosen one, which has to be accepted. */
export function CatalogueDialog() {
  const { t } = useTranslation();
  const [chosen, choose] = useState<CatalogueEntry | null>(null);
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('models.catalogue')}
      description={t('models.catalogueText')}
      size="large"
    >
      {chosen === null ? (
        <CatalogueList onChoose={choose} />
      ) : (
        <CatalogueLicence entry={chosen} onBack={() => choose(null)} />
      )}
    </Dialog>
  );
}

function CatalogueList({ onChoose }: { readonly onChoose: (entry: CatalogueEntry) => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  const [loaded, reload] = useCatalogue();
  if (loaded.kind === 'failed') {
    return (
      <>
        <ErrorCard error={loaded.error} remedies={[{ label: t('common.retry'), run: reload }]} />
        <p className={styles.offline}>
          <WifiOff size={14} aria-hidden />
          {t('models.offlineHint')}
        </p>
      </>
    );
  }
  if (loaded.kind === 'loading') return <Skeleton />;
  const wanted = query.trim().toLowerCase();
  const shown = loaded.entries.filter((entry) =>
    `${entry.title} ${entry.repo} ${entry.dataset}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <SearchField label={t('models.searchCatalogue')} value={query} onChange={setQuery} />
      {shown.length === 0 && <p className={styles.none}>{t('commands.noMatch', { query })}</p>}
      <ul className={styles.list}>
        {shown.map((entry) => (
          <li key={entry.repo} className={styles.entry}>
            <Entry entry={entry} onChoose={onChoose} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Entry({
  entry,
  onChoose,
}: {
  readonly entry: CatalogueEntry;
  readonly onChoose: (entry: CatalogueEntry) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const installed = useLibrary((state) => state.models.find((model) => model.id === entry.installedAs) ?? null);
  const size = entry.files[0]?.sizeBytes ?? 0;
  return (
    <>
      <div className={styles.text}>
        <strong className={styles.title}>{entry.title}</strong>
        <span className={styles.repo}>{entry.repo}</span>
        <span className={styles.line}>
          {[entry.dataset, t('models.classCount', { count: entry.classes }), entry.inputSize, entry.licence.name].join(
            ' · ',
          )}
        </span>
      </div>
      {size > 0 && <span className={styles.size}>{format.bytes(size)}</span>}
      {installed === null ? (
        <Button onClick={() => onChoose(entry)}>
          <Download size={14} aria-hidden />
          {t('models.get')}
        </Button>
      ) : (
        <Button variant="quiet" onClick={() => openDialog({ kind: 'library', modelId: installed.id })}>
          <Check size={14} aria-hidden />
          {t('models.installed')}
        </Button>
      )}
    </>
  );
}

function useCatalogue(): [Loaded, () => void] {
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setLoaded({ kind: 'loading' });
    studio
      .call('catalogue.list', {}, { signal: controller.signal })
      .then((entries) => setLoaded({ kind: 'list', entries }))
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setLoaded({ kind: 'failed', error: toErrorReport(error) });
      });
    return () => controller.abort();
  }, [attempt]);
  return [loaded, () => setAttempt((count) => count + 1)];
}

/** Rows in their final size while the list is on its way. */
function Skeleton() {
  return (
    <ul className={styles.list} aria-hidden>
      {[0, 1, 2, 3, 4].map((row) => (
        <li key={row} className={styles.skeleton} />
      ))}
    </ul>
  );
}
