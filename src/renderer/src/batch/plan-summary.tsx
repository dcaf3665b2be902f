import { useTranslation } from 'react-i18next';
import type { BatchPlan } from '../../../shared/batch-contract';
import { useFormat } from '../format/use-format';
import { errorHint, errorMessage, errorTitle } from '../notices/error-text';
import styles from './batch-dialog.module.css';
import type { PlanState } from './use-batch-plan';

/** So many are shown at once; of very many, not all are shown at all. */
const FEW = 3;
const MOST_SHOWN = 100;

/** What would happen, in the size it will have while it is being found out. */
export function PlanSummary({ state }: { readonly state: PlanState }) {
  const { t } = useTranslation();
  return (
    <div className={styles.plan} aria-live="polite">
      <span className={styles.caption}>{t('batch.will')}</span>
      <div className={styles.planText}>
        {state.kind === 'none' && <p className={styles.soft}>{t('batch.noInput')}</p>}
        {state.kind === 'looking' && <p className={styles.soft}>{t('batch.looking')}</p>}
        {state.kind === 'failed' && (
          <>
            <p className={styles.problem}>{errorTitle(state.error)}</p>
            <p className={styles.soft}>{errorMessage(state.error)}</p>
            <p className={styles.soft}>{errorHint(state.error)}</p>
          </>
        )}
        {state.kind === 'known' && <KnownPlan plan={state.plan} />}
      </div>
    </div>
  );
}

function KnownPlan({ plan }: { readonly plan: BatchPlan }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { pictures, done, toDo, failedBefore, videos, problems, taken, bytesOut, bytesFree, names, busy } = plan;
  const size = bytesOut === null ? null : format.bytes(bytesOut);
  const free = bytesFree === null ? null : format.bytes(bytesFree);
  const isTooLarge = bytesOut !== null && bytesFree !== null && bytesOut > bytesFree;
  const counts = [
    t('batch.pictures', { count: pictures }),
    ...(done > 0 ? [t('batch.done', { count: done })] : []),
    ...(done > 0 && toDo > 0 ? [t('batch.toDo', { count: toDo })] : []),
    ...(failedBefore > 0 ? [t('batch.failedBefore', { count: failedBefore })] : []),
    ...(videos > 0 ? [t('batch.videos', { count: videos })] : []),
  ];
  return (
    <>
      <p data-testid="batch-plan">{counts.join(' · ')}</p>
      {size !== null && toDo > 0 && !isTooLarge && (
        <p className={styles.soft}>
          {free === null ? t('batch.bytes', { size }) : t('batch.bytesFree', { size, free })}
        </p>
      )}
      <ul className={styles.names}>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      {isTooLarge && <p className={styles.warning}>{t('batch.tooLarge', { size: size ?? '', free: free ?? '' })}</p>}
      {problems.length > 0 && (
        <details className={styles.problems} open={problems.length <= FEW}>
          <summary className={styles.warning}>{t('batch.problems', { count: problems.length })}</summary>
          <ul>
            {problems.slice(0, MOST_SHOWN).map(({ item, error }) => (
              <li key={item}>
                <code>{item}</code> <span className={styles.soft}>{errorTitle(error)}</span>
              </li>
            ))}
            {problems.length > MOST_SHOWN && (
              <li className={styles.soft}>{t('build.fixes.more', { count: problems.length - MOST_SHOWN })}</li>
            )}
          </ul>
        </details>
      )}
      {taken.count > 0 && (
        <p className={styles.warning}>{t('batch.taken', { count: taken.count, name: taken.names[0] ?? '' })}</p>
      )}
      {busy && <p className={styles.warning}>{t('batch.busy')}</p>}
    </>
  );
}
