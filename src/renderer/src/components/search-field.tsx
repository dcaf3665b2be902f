import { Search, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import styles from './search-field.module.css';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.field}>
      <Search size={14} aria-hidden className={styles.icon} />
      <input
        className={styles.input}
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value !== '') {
            event.stopPropagation();
            onChange('');
          }
        }}
      />
      {value !== '' && (
        <button type="button" className={styles.clear} aria-label={t('common.clear')} onClick={() => onChange('')}>
          <X size={12} aria-hidden />
        </button>
      )}
    </div>
  );
}
