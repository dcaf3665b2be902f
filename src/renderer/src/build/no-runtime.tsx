import { Info } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RuntimeLibrary } from '../../../shared/domain/runtime-library';
import { Button } from '../components/button';
import { openDialog } from '../state/window-store';
import styles from './wizard.module.css';

/** Only ONNX Runtime builds here: what else there is, and where to get it. */
export function NoTensorRt({ library }: { readonly library: RuntimeLibrary }) {
  const { t, i18n } = useTranslation();
  const { addon } = library;
  // The studio's own words are English.
  const remedy = t(addon.file === null ? 'errors.hints.ADDON_MISSING' : 'errors.hints.ADDON_BROKEN');
  const problem = i18n.language === 'en' ? addon.problem : [addon.file, remedy].filter(Boolean).join('：');
  return (
    <div className={styles.hint} role="note">
      <Info size={14} aria-hidden />
      <div className={styles.noteText}>
        <p>{t(addon.problem === '' ? 'build.runtime.noneText' : 'build.runtime.noAddon')}</p>
        {addon.problem !== '' && <p className={styles.soft}>{problem}</p>}
        <Button onClick={() => openDialog({ kind: 'runtimes' })}>{t('commands.runtimes')}</Button>
      </div>
    </div>
  );
}
