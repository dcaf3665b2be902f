import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { reportError } from '../notices/notify';
import { buildCommand, verifyCommand } from './build-command';
import { useBuild } from './build-store';
import { useStripFolder } from './strip-pictures';
import styles from './wizard.module.css';

/** What does the same in the terminal, to be copied. */
export function CommandLine() {
  const { t } = useTranslation();
  const command = useCommand();
  const [copied, setCopied] = useState<string | null>(null);
  useEffect(() => setCopied(null), [command]);
  if (command === null) return null;
  const copy = (): void => {
    navigator.clipboard.writeText(command).then(
      () => setCopied(command),
      (error: unknown) => reportError(error),
    );
  };
  return (
    <div className={styles.command}>
      <code className={styles.commandText} aria-label={t('build.command')} title={command}>
        {command}
      </code>
      <Button variant="quiet" onClick={copy} aria-live="polite">
        {copied === command ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        {copied === command ? t('common.copied') : t('common.copy')}
      </Button>
    </div>
  );
}

function useCommand(): string | null {
  const { step, modelId, draft, engineId } = useBuild((state) => state);
  const folder = useStripFolder();
  if (step === 'verify') return engineId === null ? null : verifyCommand(engineId, folder);
  return modelId === null ? null : buildCommand(modelId, draft, folder);
}
