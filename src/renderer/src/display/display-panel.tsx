import { useTranslation } from 'react-i18next';
import { Select } from '../components/select';
import { Slider } from '../components/slider';
import { Switch } from '../components/switch';
import { setView, useView, type BackdropId, type PaletteId } from '../state/view-store';
import styles from './display-panel.module.css';
import { Segmented } from './segmented';
import { ZoomControls } from './zoom-controls';

const paletteIds = ['model', 'cityscapes', 'ade20k', 'colour-blind'] as const satisfies readonly PaletteId[];
const paletteKeys = {
  model: 'model',
  cityscapes: 'cityscapes',
  ade20k: 'ade20k',
  'colour-blind': 'colourBlind',
} as const;
const backdropIds = ['theme', 'black', 'white', 'checker'] as const satisfies readonly BackdropId[];

/** How masks are drawn. Nothing here runs the network again. `split`: whether the original can stand beside. */
export function DisplayPanel({ split: canSplit = true }: { readonly split?: boolean }) {
  const { t } = useTranslation();
  const { opacity, mode, outlineWidth, split, palette, backdrop } = useDisplay();
  return (
    <div className={styles.panel}>
      <Slider
        label={t('display.opacity')}
        value={opacity}
        min={0}
        max={1}
        step={0.05}
        format={(value) => `${Math.round(value * 100)} %`}
        onChange={(value) => setView({ opacity: value })}
      />
      <Segmented
        label={t('display.mode')}
        value={mode}
        options={[
          { value: 'fill', label: t('display.fill') },
          { value: 'outline', label: t('display.outline') },
        ]}
        onChange={(value) => setView({ mode: value })}
      />
      {mode === 'outline' && (
        <Slider
          label={t('display.outlineWidth')}
          value={outlineWidth}
          min={1}
          max={6}
          step={1}
          format={(value) => t('display.pixels', { value: String(value) })}
          onChange={(value) => setView({ outlineWidth: value })}
        />
      )}
      <div className={styles.field}>
        <span className={styles.label}>{t('display.palette')}</span>
        <Select
          label={t('display.palette')}
          value={palette}
          options={paletteIds.map((value) => ({ value, label: t(`display.palettes.${paletteKeys[value]}`) }))}
          onChange={(value) => setView({ palette: value })}
        />
      </div>
      <div className={styles.field}>
        <span className={styles.label}>{t('display.backdrop')}</span>
        <Select
          label={t('display.backdrop')}
          value={backdrop}
          options={backdropIds.map((value) => ({ value, label: t(`display.backdrops.${value}`) }))}
          onChange={(value) => setView({ backdrop: value })}
        />
      </div>
      {canSplit && (
        <Switch label={t('display.split')} checked={split} onChange={(value) => setView({ split: value })} />
      )}
      <ZoomControls />
    </div>
  );
}

function useDisplay() {
  return {
    opacity: useView((state) => state.opacity),
    mode: useView((state) => state.mode),
    outlineWidth: useView((state) => state.outlineWidth),
    split: useView((state) => state.split),
    palette: useView((state) => state.palette),
    backdrop: useView((state) => state.backdrop),
  };
}
