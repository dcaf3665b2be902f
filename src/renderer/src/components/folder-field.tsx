import { useTranslation } from 'react-i18next';
import { Button } from './button';
import styles from './folder-field.module.css';

interface FolderFieldProps {
  readonly label: string;
  /** Empty where none was chosen. */
  readonly path: string;
  readonly placeholder: string;
  /** In a dialog of the system; null is answered when the user cancels. Null where there is none: the path is typed. */
  readonly choose: (() => Promise<string | null>) | null;
  readonly onChange: (path: string) => void;
}

/** A folder: picked in a dialog of the system, or typed where a browser has none. */
export function FolderField({ label, path, placeholder, choose, onChange }: FolderFieldProps) {
  const { t } = useTranslation();
  if (choose === null) {
    return (
      <label className={styles.field}>
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
  const pick = async (): Promise<void> => {
    const chosen = await choose();
    if (chosen !== null) onChange(chosen);
  };
  return (
    <div className={styles.field} role="group" aria-label={label}>
      <span className={styles.caption}>{label}</span>
      <span className={styles.path} title={path === '' ? undefined : path}>
        {/* Cut at its beginning: the end of a path tells folders apart. */}
        <bdi>{path === '' ? placeholder : path}</bdi>
      </span>
      <Button onClick={() => void pick()}>{t('common.choose')}</Button>
    </div>
  );
}
