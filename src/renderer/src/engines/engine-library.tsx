import { Cpu, FolderInput } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import { anotherBuild } from '../build/build-actions';
import { setBuild, useBuild } from '../build/build-store';
import { shapeSummary } from '../build/shapes-step';
import wizard from '../build/wizard.module.css';
import { Button } from '../components/button';
import { cx } from '../components/cx';
import { ContextMenu } from '../components/menu';
import { useFormat } from '../format/use-format';
import { warningText } from '../notices/error-text';
import { ErrorCard } from '../notices/error-card';
import { shell } from '../shell/current-shell';
import { attempt, importEngine } from './engine-actions';
import { dateText, runtimeName } from './engine-facts';
import { useEngineMenu } from './engine-menu';
import styles from './engines.module.css';
import { loadEngines, useEngines } from './engines-store';
import { useEngineName } from './use-engine-name';
import { useFigures } from './use-figures';
import { deviceText } from '../format/device-text';

/** All engines that were built or taken in. */
export function EngineLibrary() {
  const { t } = useTranslation();
  const { engines, loaded, error } = useEngines((state) => state);
  return (
    <section className={wizard.screen} data-own-keys aria-label={t('commands.engines')}>
      <header className={cx(wizard.header, styles.header)}>
        <h2 className={wizard.title}>{t('commands.engines')}</h2>
        <span className={wizard.space} />
        {shell.hasFolders && (
          <Button onClick={() => attempt(importEngine())}>
            <FolderInput size={14} aria-hidden />
            {t('engines.import')}
          </Button>
        )}
        {engines.length > 0 && (
          <Button variant="primary" onClick={anotherBuild}>
            {t('engines.buildNew')}
          </Button>
        )}
      </header>
      <div className={styles.tableBox}>
        {error !== null && <ErrorCard error={error} remedies={[{ label: t('common.retry'), run: loadEngines }]} />}
        {!loaded && <div className={wizard.skeleton} />}
        {loaded && error === null && engines.length === 0 && <Empty />}
        {engines.length > 0 && <EngineTable engines={engines} />}
      </div>
    </section>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className={styles.empty}>
      <Cpu size={32} strokeWidth={1.5} aria-hidden />
      <h3 className={wizard.title}>{t('engines.emptyTitle')}</h3>
      <p className={wizard.soft}>{t('engines.emptyText')}</p>
      <Button variant="primary" onClick={anotherBuild}>
        {t('engines.buildNew')}
      </Button>
    </div>
  );
}

function EngineTable({ engines }: { readonly engines: readonly EngineSummary[] }) {
  const { t } = useTranslation();
  const columns = [
    'model',
    'precision',
    'shapes',
    'runtime',
    'device',
    'size',
    'latency',
    'agreement',
    'built',
    'state',
  ] as const;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col" className={styles[column]}>
              {t(`engines.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {engines.map((engine) => (
          <EngineRow key={engine.id} engine={engine} />
        ))}
      </tbody>
    </table>
  );
}

function EngineRow({ engine }: { readonly engine: EngineSummary }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const menu = useEngineMenu(engine);
  const name = useEngineName(engine);
  const kept = useEngines((state) => state.kept.get(engine.id));
  const { latency, agreement } = useFigures()(kept ?? { latency: null, agreement: null }, engine);
  const first = useEngines(({ engines }) => engines[0]?.id ?? null);
  const shown = useBuild((state) => state.shownEngineId) ?? first;
  const choose = (): void => setBuild({ shownEngineId: engine.id });
  return (
    <ContextMenu entries={menu}>
      <tr
        className={cx(styles.row, shown === engine.id && styles.chosen)}
        aria-selected={shown === engine.id}
        onClick={choose}
        onDoubleClick={() => menu[0]?.run()}
        onContextMenu={choose}
      >
        <th
          scope="row"
          className={styles.model}
          title={name === engine.modelName ? name : `${name} · ${engine.modelName}`}
        >
          <button type="button" className={styles.rowButton} onClick={choose}>
            {name}
          </button>
        </th>
        <td>{engine.precision.toUpperCase()}</td>
        <td className={styles.shapes} title={shapeSummary(engine.shapes)}>
          {shapeSummary(engine.shapes)}
        </td>
        <td className={styles.runtime} title={runtimeName(engine.runtime)}>
          {runtimeName(engine.runtime)}
        </td>
        <td className={styles.device} title={deviceText(engine.device)}>
          {deviceText(engine.device)}
        </td>
        <td className={styles.size}>{format.bytes(engine.planBytes)}</td>
        <td className={styles.latency} title={latency?.how}>
          {latency?.text ?? '–'}
        </td>
        <td className={styles.agreement} title={agreement?.how}>
          {agreement?.text ?? '–'}
        </td>
        <td className={styles.built}>{dateText(engine.builtAt, i18n.language)}</td>
        <td
          className={cx(styles.state, engine.state !== 'ready' && styles.notReady)}
          title={engine.why === null ? undefined : warningText(engine.why)}
        >
          {t(`engines.states.${engine.state}`)}
        </td>
      </tr>
    </ContextMenu>
  );
}
