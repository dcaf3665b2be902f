import { useTranslation } from 'react-i18next';
import type { ExportFormat } from '../../../shared/domain/export';
import styles from './export-dialog.module.css';
import { endings, exportFormats } from './export-names';

const storageKey = 'maskforge.exportFormats';

interface FormatListProps {
  readonly formats: readonly ExportFormat[];
  readonly disabled: boolean;
  readonly onChange: (formats: readonly ExportFormat[]) => void;
}

export function FormatList({ formats, disabled, onChange }: FormatListProps) {
  const { t } = useTranslation();
  return (
    <fieldset className={styles.group} disabled={disabled}>
      <legend>{t('exporting.formats')}</legend>
      {exportFormats.map((format) => (
        <label key={format} className={styles.format}>
          <input
            type="checkbox"
            checked={formats.includes(format)}
            onChange={(event) =>
              onChange(event.target.checked ? [...formats, format] : formats.filter((other) => other !== format))
            }
          />
          <span className={styles.formatName}>{t(`exporting.format.${format}`)}</span>
          <span className={styles.formatNote}>{t(`exporting.formatNote.${format}`)}</span>
          <code className={styles.ending}>{endings[format]}</code>
        </label>
      ))}
    </fieldset>
  );
}

export function rememberedFormats(): readonly ExportFormat[] {
  const stored = (window.localStorage.getItem(storageKey) ?? '').split(',');
  const known = exportFormats.filter((format) => stored.includes(format));
  return known.length > 0 ? known : ['index', 'overlay'];
}

export function rememberFormats(formats: readonly ExportFormat[]): void {
  window.localStorage.setItem(storageKey, formats.join(','));
}
