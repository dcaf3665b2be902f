import { useTranslation } from 'react-i18next';
import { openModel } from '../actions/models';
import { runById, shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import { ErrorCard } from '../notices/error-card';
import { useLibrary } from '../state/library-store';
import { openDialog } from '../state/window-store';
import styles from './canvas-state.module.css';

/** Why there can be no mask at all: no model is open, or it could not be opened. */
export function ModelTrouble() {
  const kind = useLibrary((state) => state.session.kind);
  return kind === 'failed' ? <ModelFailed /> : <NoModel />;
}

function NoModel() {
  const { t } = useTranslation();
  return (
    <div className={styles.centre}>
      <div className={styles.empty}>
        <h2 className={styles.emptyTitle}>{t('models.noneTitle')}</h2>
        <p className={styles.emptyText}>{t('models.noneText', { model: shortcutOf('open-model') ?? '' })}</p>
        <div className={styles.buttons}>
          <Button onClick={() => runById('catalogue')}>{t('commands.catalogue')}</Button>
          <Button variant="primary" onClick={() => runById('open-model')}>
            {t('commands.openModel')}
          </Button>
        </div>
      </div>
    </div>
  );
}

function ModelFailed() {
  const { t } = useTranslation();
  const session = useLibrary((state) => state.session);
  const name = useLibrary((state) =>
    session.kind === 'none' ? '' : (state.models.find((model) => model.id === session.modelId)?.name ?? ''),
  );
  if (session.kind !== 'failed') return null;
  return (
    <div className={styles.centre}>
      <div className={styles.card}>
        <ErrorCard
          error={session.error}
          subject={name}
          remedies={[
            { label: t('common.retry'), run: () => void openModel(session.modelId) },
            {
              label: t('models.chooseAnother'),
              run: () => openDialog({ kind: 'library', modelId: session.modelId }),
            },
          ]}
        />
      </div>
    </div>
  );
}
