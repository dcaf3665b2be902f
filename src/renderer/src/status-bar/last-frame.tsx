import { useTranslation } from 'react-i18next';
import { Tooltip } from '../components/tooltip';
import { useFormat } from '../format/use-format';
import type { Timings } from '../../../shared/domain/mask';
import { selectedSegmentation, usePictures } from '../state/pictures-store';
import styles from './status-bar.module.css';

type Stage = Exclude<keyof Timings, 'total'>;
const stages: readonly Stage[] = ['decode', 'preprocess', 'transferIn', 'infer', 'postprocess', 'transferOut'];

/** Where the time of the shown mask went. Stages a runtime does not have are left out. */
export function LastFrame() {
  const { t } = useTranslation();
  const format = useFormat();
  const timings = usePictures((state) => selectedSegmentation(state)?.timings ?? null);
  const cached = usePictures((state) => selectedSegmentation(state)?.cached ?? false);
  if (timings === null) return null;
  const shown = stages.filter((stage) => timings[stage] > 0);
  const explanation = (
    <span>
      {shown.map((stage) => (
        <span key={stage} className={styles.line}>
          {t(`frame.stages.${stage}Long`)}: {format.milliseconds(timings[stage])} ms
        </span>
      ))}
      <span className={styles.line}>
        {t('frame.stages.totalLong')}: {format.milliseconds(timings.total)} ms
      </span>
      <span className={styles.line}>{cached ? t('frame.timingsCached') : t('frame.timingsHow')}</span>
    </span>
  );
  return (
    <Tooltip text={explanation} side="top">
      <span className={styles.timings} data-testid="timings" tabIndex={0}>
        {shown.map((stage) => (
          <span key={stage} className={styles.stage}>
            {t(`frame.stages.${stage}`)} <b>{format.milliseconds(timings[stage])}</b>
          </span>
        ))}
        <span>
          {t('frame.stages.total')} <b>{format.milliseconds(timings.total)} ms</b>
        </span>
      </span>
    </Tooltip>
  );
}
