import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { CalibrationPreview } from '../../../shared/domain/quantization';
import { changeCalibration } from './build-store';
import fixes from './fixes-step.module.css';
import styles from './wizard.module.css';

interface KeepListProps {
  readonly keep: readonly string[];
  readonly blocks: CalibrationPreview['blocks'];
  readonly busy: boolean;
}

/** Blocks of the network that are left out of 8 bits; names that a recipe or the terminal gave stay on the list. */
export function KeepList({ keep, blocks, busy }: KeepListProps) {
  const { t } = useTranslation();
  const others = keep.filter((name) => !blocks.some((block) => block.name === name));
  const names = [...blocks, ...others.map((name) => ({ name, layers: 1 }))];
  const toggle = (name: string, on: boolean): void => {
    changeCalibration({ keep: on ? [...keep, name].sort() : keep.filter((each) => each !== name) });
  };
  return (
    <details className={fixes.pass}>
      <summary className={fixes.summary}>
        <ChevronRight size={14} aria-hidden className={fixes.chevron} />
        <span>{t('build.calibration.keep')}</span>
        <span className={styles.soft}>{t('build.calibration.kept', { count: keep.length })}</span>
      </summary>
      <p className={styles.soft}>{t('build.calibration.keepText')}</p>
      {names.length === 0 && <p className={styles.soft}>{t(busy ? 'common.loading' : 'build.calibration.noBlocks')}</p>}
      <ul className={styles.checks} aria-label={t('build.calibration.keep')}>
        {names.map(({ name, layers }) => (
          <li key={name}>
            <label className={styles.check}>
              <input
                type="checkbox"
                checked={keep.includes(name)}
                onChange={(event) => toggle(name, event.target.checked)}
              />
              <span>{name}</span>
              <span className={styles.soft}>{t('engines.layers', { count: layers })}</span>
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
