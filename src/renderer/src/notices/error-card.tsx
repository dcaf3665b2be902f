import { Check, ChevronRight, CircleAlert, Copy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../../shared/app-error';
import { Button } from '../components/button';
import styles from './error-card.module.css';
import { errorDetails, errorHint, errorMessage, errorTitle } from './error-text';

export interface Remedy {
  readonly label: string;
  readonly run: () => void;
}

interface ErrorCardProps {
  readonly error: ErrorReport;
  /** What the error is about, when its message does not stand beside it: a file name. */
  readonly subject?: string;
  /** Buttons that mend it, the likeliest first. */
  readonly remedies?: readonly Remedy[];
}

/** What happened, to which file, what to do; details fold out and copy. */
export function ErrorCard({ error, subject, remedies = [] }: ErrorCardProps) {
  const hint = errorHint(error);
  const message = errorMessage(error);
  return (
    <section className={styles.card} role="group" aria-label={errorTitle(error)}>
      <CircleAlert size={16} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <h3 className={styles.title}>{errorTitle(error)}</h3>
        {subject !== undefined && !message.includes(subject) && <p className={styles.subject}>{subject}</p>}
        <p>{message}</p>
        {hint !== undefined && <p className={styles.hint}>{hint}</p>}
        <ErrorDetails error={error} />
        {remedies.length > 0 && (
          <div className={styles.remedies}>
            {remedies.map(({ label, run }) => (
              <Button key={label} onClick={run}>
                {label}
              </Button>
            ))}
          </div>
        )}
      </div>
    </section>
  );
}

export function ErrorDetails({ error }: { readonly error: ErrorReport }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const text = errorDetails(error);
  return (
    <details className={styles.details}>
      <summary className={styles.summary}>
        <ChevronRight size={14} aria-hidden className={styles.chevron} />
        {t('common.details')} · <code>{error.code}</code>
      </summary>
      <pre className={styles.pre}>{text}</pre>
      <Button
        variant="quiet"
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
        aria-live="polite"
      >
        {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        {copied ? t('common.copied') : t('common.copy')}
      </Button>
    </details>
  );
}
