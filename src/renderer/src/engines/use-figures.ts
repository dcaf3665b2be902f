import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { EngineKept } from '../../../shared/domain/engine-kept';
import { percent } from '../build/verification-report';
import { useFormat } from '../format/use-format';
import { dateText } from './engine-facts';
import { deviceText } from '../format/device-text';

export interface MeasuredFigure {
  readonly name: string;
  readonly text: string;
  /** How it was measured: of how many, on what, when. */
  readonly how: string;
}

const NANOSECONDS = 1e6;

/**
 * What was measured of an engine in the words of the window; null for what was not. Where nobody has compared its masks since,
 * the comparison right after its build stands.
 */
export function useFigures(): (
  kept: Pick<EngineKept, 'latency' | 'agreement'>,
  engine: Pick<EngineSummary, 'proof' | 'builtAt'> | null,
) => {
  readonly latency: MeasuredFigure | null;
  readonly agreement: MeasuredFigure | null;
} {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const when = (iso: string): string => dateText(iso, i18n.language);
  const atBuild = (engine: Pick<EngineSummary, 'proof' | 'builtAt'> | null): MeasuredFigure | null =>
    engine === null || engine.proof === null
      ? null
      : {
          name: t('engines.agreement'),
          text: percent(engine.proof.pixelAgreement),
          how: t('build.measured.proofHow', { count: engine.proof.pictures, date: when(engine.builtAt) }),
        };
  return ({ latency, agreement }, engine) => ({
    latency:
      latency === null
        ? null
        : {
            name: t('engines.latency'),
            text: `${format.milliseconds(latency.medianMs * NANOSECONDS)} ms`,
            how: t('build.measured.latencyHow', {
              count: latency.iterations,
              device: deviceText(latency.device),
              date: when(latency.at),
            }),
          },
    agreement:
      agreement === null
        ? atBuild(engine)
        : {
            name: t('engines.agreement'),
            text: percent(agreement.pixelAgreement),
            how: t('build.measured.agreementHow', {
              count: agreement.pictures,
              reference: agreement.reference,
              date: when(agreement.at),
            }),
          },
  });
}
