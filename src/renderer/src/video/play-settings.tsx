import { useTranslation } from 'react-i18next';
import { Slider } from '../components/slider';
import { Switch } from '../components/switch';
import styles from './transport.module.css';
import { setVideoOptions } from './video-options';
import { useVideo } from './video-store';

/** What is off by default, because each makes the masks something else than the network's own. */
export function PlaySettings() {
  const { t } = useTranslation();
  const { every, smoothing, hold } = useVideo((state) => state.options);
  return (
    <div className={styles.settings}>
      <Slider
        label={t('video.everyNth')}
        value={every}
        min={1}
        max={10}
        step={1}
        format={(value) => (value === 1 ? t('video.off') : t('video.everyNthValue', { count: value }))}
        onChange={(value) => setVideoOptions({ every: value })}
      />
      <Slider
        label={t('video.smoothing')}
        value={smoothing}
        min={1}
        max={9}
        step={2}
        format={(value) => (value === 1 ? t('video.off') : t('video.smoothingValue', { count: value }))}
        onChange={(value) => setVideoOptions({ smoothing: value })}
      />
      <p className={styles.hint}>{t('video.smoothingHint')}</p>
      <Switch label={t('video.hold')} checked={hold} onChange={(value) => setVideoOptions({ hold: value })} />
      <p className={styles.hint}>{t('video.holdHint')}</p>
    </div>
  );
}
