import { useTranslation } from 'react-i18next';
import type { RuntimeLibrary } from '../../../shared/domain/runtime-library';
import styles from './runtimes-dialog.module.css';
import { StateMark } from './state-mark';

type GpuSectionProps = Pick<RuntimeLibrary, 'gpu' | 'addon'>;

/** What TensorRT needs besides its libraries: a card with a driver, and our own native build. */
export function GpuSection({ gpu, addon }: GpuSectionProps) {
  const { t } = useTranslation();
  const remedy = gpu.state === 'ready' ? '' : t(`runtimes.gpuRemedies.${gpu.state}`);
  const mark = gpu.state === 'ready' ? 'good' : gpu.state === 'no-card' ? 'none' : 'warning';
  return (
    <section aria-label={t('runtimes.gpu')}>
      <ul className={styles.list}>
        <li className={styles.entry}>
          <div className={styles.text}>
            <strong className={styles.title}>{t('runtimes.gpu')}</strong>
            {gpu.devices.length > 0 && <span>{gpu.found}</span>}
            {remedy !== '' && <span className={styles.soft}>{remedy}</span>}
          </div>
          <StateMark mark={mark} text={t(`runtimes.gpuStates.${gpu.state}`)} />
        </li>
        {addon.problem !== '' && (
          <li className={styles.entry}>
            <div className={styles.text}>
              <strong className={styles.title}>{t('runtimes.addon')}</strong>
              <span className={styles.soft}>{addon.file === null ? t('runtimes.addonAbsent') : addon.problem}</span>
            </div>
            <StateMark mark="none" text={t('runtimes.addonMissing')} />
          </li>
        )}
      </ul>
    </section>
  );
}
