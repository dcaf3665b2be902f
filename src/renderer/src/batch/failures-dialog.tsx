import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BatchFailure, BatchReport } from '../../../shared/batch-contract';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { errorMessage, errorTitle } from '../notices/error-text';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { openSession, useLibrary } from '../state/library-store';
import { closeDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import styles from './batch-dialog.module.css';

interface Failed {
  readonly report: BatchReport;
  readonly failures: readonly BatchFailure[];
  /** With those that are not listed. */
  readonly count: number;
}

/** What a batch could not do, each with its reason, and one button to try again. */
export function FailuresDialog({ jobId }: { readonly jobId: string }) {
  const { t } = useTranslation();
  const failed = useFailures(jobId);
  const session = useLibrary(openSession);
  const toRetry = failed?.count ?? 0;
  const retry = (): void => {
    if (session === null) return;
    studio
      .call('batch.retry', { jobId, sessionId: session.id })
      .then(closeDialog, (error: unknown) => reportError(error));
  };
  const listed = failed === null ? [] : [...failed.report.problems, ...failed.failures];
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('batch.failuresTitle')}
      reading
      footer={
        <>
          {shell.hasFolders && failed !== null && (
            <Button onClick={() => void shell.reveal(failed.report.output)}>{t('exporting.reveal')}</Button>
          )}
          <Button onClick={closeDialog}>{t('common.close')}</Button>
          <Button variant="primary" disabled={toRetry === 0 || session === null} onClick={retry}>
            {t('batch.retry', { count: toRetry })}
          </Button>
        </>
      }
    >
      {failed !== null && listed.length === 0 && <p className={styles.soft}>{t('batch.noFailures')}</p>}
      <ul className={styles.failures}>
        {listed.map(({ item, error }) => (
          <li key={item} className={styles.failure}>
            <span className={styles.item}>{item}</span>
            <span>{errorTitle(error)}</span>
            <p className={styles.soft}>{errorMessage(error)}</p>
          </li>
        ))}
      </ul>
      {failed !== null && failed.count > failed.failures.length && (
        <p className={styles.soft}>{t('batch.moreFailures', { count: failed.count - failed.failures.length })}</p>
      )}
    </Dialog>
  );
}

function useFailures(jobId: string): Failed | null {
  const [failed, setFailed] = useState<Failed | null>(null);
  useEffect(() => {
    const load = async (): Promise<void> => {
      const report = await studio.call('batch.report', { jobId });
      if (report === null) return;
      const { input, output } = report;
      setFailed({ report, ...(await studio.call('batch.failures', { input, output, limit: 200 })) });
    };
    load().catch((error: unknown) => reportError(error));
  }, [jobId]);
  return failed;
}
