import { Pencil } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import { IconButton } from '../components/button';
import { attempt, renameEngine } from './engine-actions';
import styles from './engines.module.css';
import { useEngineName } from './use-engine-name';

/** The engine's name, which a click makes a field; Escape leaves it as it was, an empty name takes it away. */
export function EngineName({ engine }: { readonly engine: EngineSummary }) {
  const { t } = useTranslation();
  const name = useEngineName(engine);
  const [draft, setDraft] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const isEditing = draft !== null;
  useEffect(() => {
    if (isEditing) field.current?.select();
  }, [isEditing]);
  if (draft === null) {
    return (
      <div className={styles.nameRow}>
        <h2 className={styles.name}>{name}</h2>
        <IconButton label={t('engines.rename')} icon={<Pencil size={14} />} onClick={() => setDraft(name)} />
      </div>
    );
  }
  const finish = (): void => {
    if (draft.trim() !== name) attempt(renameEngine(engine, draft.trim() === engine.modelName ? '' : draft));
    setDraft(null);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') finish();
    if (event.key === 'Escape') setDraft(null);
  };
  return (
    <input
      className={styles.nameField}
      aria-label={t('engines.rename')}
      ref={field}
      maxLength={80}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
      onKeyDown={onKey}
      onBlur={finish}
    />
  );
}
