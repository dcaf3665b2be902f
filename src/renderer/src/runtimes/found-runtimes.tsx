import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FoundRuntime, RuntimeLibrary } from '../../../shared/domain/runtime-library';
import { removedLater } from '../actions/removed-later';
import { IconButton } from '../components/button';
import { studio } from '../studio-client/studio';
import styles from './runtimes-dialog.module.css';
import type { Mark } from './state-mark';
import { StateMark } from './state-mark';

const marks: Readonly<Record<FoundRuntime['state'], Mark>> = {
  builds: 'good',
  'builds-only': 'good',
  runs: 'good',
  unserved: 'warning',
  incomplete: 'warning',
  broken: 'bad',
};

interface FoundRuntimesProps {
  readonly library: Pick<RuntimeLibrary, 'embedded' | 'found'>;
  readonly onRemoved: () => void;
}

/** Everything networks can run on here, usable or not, with the reason. */
export function FoundRuntimes({ library, onRemoved }: FoundRuntimesProps) {
  const { t } = useTranslation();
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const remove = (name: string): void => {
    const show = (): void => hide((before) => new Set([...before].filter((each) => each !== name)));
    hide((before) => new Set([...before, name]));
    removedLater(t('runtimes.removed', { name }), {
      undo: show,
      commit: async () => {
        try {
          await studio.call('runtimes.remove', { name });
        } finally {
          show();
          onRemoved();
        }
      },
    });
  };
  const shown = library.found.filter(({ installedAs }) => installedAs === null || !hidden.has(installedAs));
  return (
    <section aria-labelledby="runtimes-found">
      <h3 id="runtimes-found" className={styles.heading}>
        {t('runtimes.found')}
      </h3>
      <ul className={styles.list}>
        {library.embedded.map((runtime) => (
          <li key={runtime.id} className={styles.entry}>
            <div className={styles.text}>
              <strong className={styles.title}>
                {runtime.name} {runtime.version}
              </strong>
              <span className={styles.soft}>
                {[t('runtimes.builtIn'), ...runtime.devices].join(' · ')} {runtime.reason}
              </span>
            </div>
            <StateMark
              mark={runtime.available ? 'good' : 'none'}
              text={t(runtime.available ? 'runtimes.states.builds' : 'runtimes.states.unserved')}
            />
          </li>
        ))}
        {shown.map((found) => (
          <li key={`${found.family} ${found.directory}`} className={styles.entry}>
            <Found found={found} onRemove={remove} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Found({ found, onRemove }: { readonly found: FoundRuntime; readonly onRemove: (name: string) => void }) {
  const { t } = useTranslation();
  const { installedAs } = found;
  const title = titleOf(found);
  const state = t(`runtimes.states.${found.state}`);
  return (
    <>
      <div className={styles.text}>
        <strong className={styles.title}>{title}</strong>
        <span className={styles.path}>{found.directory}</span>
        {found.problems.map((problem) => (
          <span key={problem} className={styles.soft}>
            {problem}
          </span>
        ))}
      </div>
      <StateMark mark={marks[found.state]} text={found.chosen ? `${state} · ${t('runtimes.inUse')}` : state} />
      {installedAs !== null && (
        <IconButton
          label={t('runtimes.removeNamed', { name: title })}
          icon={<Trash2 size={14} aria-hidden />}
          onClick={() => onRemove(installedAs)}
        />
      )}
    </>
  );
}

/** A family's name may end in the number that its version begins with, which is said once. */
function titleOf({ name, version }: FoundRuntime): string {
  const [, base, major] = /^(.*) (\d+)$/.exec(name) ?? [];
  return base !== undefined && version.startsWith(`${major}.`) ? `${base} ${version}` : `${name} ${version}`;
}
