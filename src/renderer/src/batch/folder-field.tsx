import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import styles from './batch-dialog.module.css';
import { shell } from '../shell/current-shell';

interface FolderFieldProps {
  readonly label: string;
  /** Empty where none was chosen. */
  readonly path: string;
  readonly placeholder: string;
  readonly choose: () => Promise<string | null>;
  readonly onChange: (path: string) => void;
}

/** A folder: picked in a dialog of the system, or typed where a browser has none. */
export function FolderField({ label, path, placeholder, choose, onChange }: FolderFieldProps) {
  const { t } = useTranslation();
  const pick = async (): Promise<void> => {
    const chosen = await choose();
    if (chosen !== null) onChange(chosen);
  };
  if (!shell.hasFolders) {
    return (
      <label className={styles.folder}>
        <span className={styles.caption}>{label}</span>
        <input
          className={styles.typed}
          type="text"
          spellCheck={false}
          value={path}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
    );
  }
  return (
    <div className={styles.folder} role="group" aria-label={label}>
      <span className={styles.caption}>{label}</span>
      <span className={styles.path} title={path}>
        {/* Cut at its beginning: the end of a path tells folders apart. */}
        <bdi>{path === '' ? placeholder : path}</bdi>
      </span>
      <Button onClick={() => void pick()}>{t('batch.choose')}</Button>
    </div>
  );
}
