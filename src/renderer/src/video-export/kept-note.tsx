import { useTranslation } from 'react-i18next';
import { frameCount } from '../../../shared/frames-to-do';
import type { ExportSettings, KeptExport } from '../../../shared/video-export-contract';
import { SureButton } from '../components/sure-button';
import { i18n } from '../i18n/i18n';
import { changedSettings, type SettingsChange } from './export-order';
import styles from './kept-note.module.css';

interface KeptNoteProps {
  readonly kept: KeptExport;
  /** What an export that is begun now would have. */
  readonly now: ExportSettings;
  readonly onDiscard: () => void;
}

/** How much is there of an export that has broken off, and what going on with it means. */
export function KeptNote({ kept, now, onDiscard }: KeptNoteProps) {
  const { t } = useTranslation();
  const { settings, frames, engineName, differs, busy } = kept;
  const total = frameCount({ ...settings, to: settings.to ?? settings.from });
  const changed = changedSettings(settings, now).map((change) => changeText(change, settings));
  const [why] = differs.flatMap((part) => (part === 'settings' ? [] : [part]));
  if (busy) return <p className={styles.note}>{t('video.exporting.busy')}</p>;
  return (
    <div className={styles.kept} role="note">
      <div className={styles.head}>
        <p>{t('video.exporting.keptBefore', { count: frames, total: String(total) })}</p>
        <SureButton
          className={styles.discard}
          variant="quiet"
          label={t('video.exporting.discard')}
          sureLabel={t('video.exporting.discardSure', { count: frames })}
          onSure={onDiscard}
        />
      </div>
      {why !== undefined && <p className={styles.warning}>{t(`video.exporting.differs.${why}`, { engineName })}</p>}
      {why === undefined && changed.length > 0 && (
        <p className={styles.soft}>
          {t('video.exporting.asBegun', { what: changed.join(t('video.exporting.then.comma')) })}
        </p>
      )}
    </div>
  );
}

/** What it was then. */
function changeText(change: SettingsChange, { from, to, every, smoothing }: ExportSettings): string {
  switch (change) {
    case 'frames':
      return i18n.t('video.exporting.then.frames', { from: String(from), to: String(to ?? '') });
    case 'every':
      return i18n.t('video.everyNthValue', { count: every });
    case 'smoothing':
      return i18n.t('video.exporting.then.smoothing', { count: smoothing });
    case 'style':
      return i18n.t('video.exporting.then.style');
  }
}
