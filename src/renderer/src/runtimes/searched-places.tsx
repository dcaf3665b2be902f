import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RuntimeLibrary } from '../../../shared/domain/runtime-library';
import styles from './runtimes-dialog.module.css';

type Kind = RuntimeLibrary['places'][number]['kind'];
type Place = 'runtimes.kinds.setting' | 'runtimes.kinds.application' | 'runtimes.kinds.system';

/** Places that bear no name of their own; the others are called after a variable or a program. */
const named: Partial<Record<Kind, Place>> = {
  setting: 'runtimes.kinds.setting',
  application: 'runtimes.kinds.application',
  system: 'runtimes.kinds.system',
};

/** Every place that was looked at, in search order, with what was there. */
export function SearchedPlaces({ places }: Pick<RuntimeLibrary, 'places'>) {
  const { t } = useTranslation();
  const nameOf = (kind: Kind, source: string): string => {
    const key = named[kind];
    return key === undefined ? source : t(key);
  };
  return (
    <details className={styles.details}>
      <summary className={styles.summary}>
        <ChevronRight size={14} aria-hidden className={styles.chevron} />
        {t('runtimes.places', { count: places.length })}
      </summary>
      <table className={styles.places}>
        <tbody>
          {places.map(({ kind, source, path, outcome, findings }) => (
            <tr key={`${source} ${path}`} className={outcome === 'not-named' ? styles.unset : undefined}>
              <th scope="row">{nameOf(kind, source)}</th>
              <td>
                {path !== '' && <p className={styles.path}>{path}</p>}
                {findings.map((finding) => (
                  <p key={finding}>{finding}</p>
                ))}
              </td>
              <td>{t(`runtimes.outcomes.${outcome}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
