import { ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { EngineFamily } from '../../../shared/domain/engine';
import type { CalibrationPreview, QuantizedKind } from '../../../shared/domain/quantization';
import { i18n } from '../i18n/i18n';
import { changeCalibration } from './build-store';
import { Option, Warning } from './choice';
import { chosenKinds, toggleKind } from './chosen-kinds';
import fixes from './fixes-step.module.css';
import styles from './wizard.module.css';

interface LayerKindsProps {
  /** Null: what suits the network and the runtime. */
  readonly kinds: readonly QuantizedKind[] | null;
  /** What the network has; null until that is known. */
  readonly known: CalibrationPreview['kinds'] | null;
  readonly family: EngineFamily | null;
}

/** Which kinds of layers compute in 8 bits; what the network has none of cannot be chosen. */
export function LayerKinds({ kinds, known, family }: LayerKindsProps) {
  const { t } = useTranslation();
  const chosen = known === null ? (kinds ?? []) : chosenKinds(kinds, known);
  const isNothing = known !== null && chosen.length === 0;
  const toggle = (kind: QuantizedKind, on: boolean): void => {
    if (known !== null) changeCalibration({ kinds: toggleKind(kinds, known, kind, on) });
  };
  return (
    <>
      <details className={fixes.pass}>
        <summary className={fixes.summary}>
          <ChevronRight size={14} aria-hidden className={fixes.chevron} />
          <span>{t('build.layers.title')}</span>
          <span className={styles.soft}>
            {kinds === null ? t('build.layers.byDefault', { kinds: kindsText(chosen) }) : kindsText(chosen)}
          </span>
        </summary>
        <p className={styles.soft}>{t('build.layers.text')}</p>
        {known === null && <p className={styles.soft}>{t('common.loading')}</p>}
        <div role="group" aria-label={t('build.layers.title')}>
          {known?.map(({ kind, layers, isDefault }) => (
            <Option
              key={kind}
              title={t(`build.layers.kinds.${kind}.title`)}
              note={[
                layers === 0 ? t('build.layers.absent') : t('engines.layers', { count: layers }),
                ...(isDefault && layers > 0 ? [t('build.layers.default')] : []),
              ].join(' · ')}
              text={t(
                family === 'onnxruntime' && (kind === 'convolution' || kind === 'depthwise')
                  ? 'build.layers.noKernel'
                  : `build.layers.kinds.${kind}.text`,
              )}
              checked={chosen.includes(kind)}
              disabled={layers === 0}
              onChange={(on) => toggle(kind, on)}
            />
          ))}
        </div>
      </details>
      {isNothing && (
        <p role="alert">
          <Warning>{t(kinds?.length === 0 ? 'build.layers.none' : 'build.layers.nothing')}</Warning>
        </p>
      )}
    </>
  );
}

/** Such as `linear layers, attention’s products`. */
export function kindsText(kinds: readonly QuantizedKind[]): string {
  if (kinds.length === 0) return '–';
  return kinds.map((kind) => i18n.t(`build.layers.kinds.${kind}.title`)).join(i18n.t('build.layers.comma'));
}
