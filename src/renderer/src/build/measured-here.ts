import { useTranslation } from 'react-i18next';
import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import { dateText } from '../engines/engine-facts';
import { useEngines } from '../engines/engines-store';
import { useFormat } from '../format/use-format';
import type { Figure } from './choice';
import { percent } from './verification-report';

const nanoseconds = 1e6;

/** What was measured on this machine of engines of a model and a runtime: by precision, the newest of each kind. */
export function useMeasuredHere(modelId: string, family: EngineFamily | null): (precision: Precision) => Figure[] {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const engines = useEngines((state) => state.engines);
  const kept = useEngines((state) => state.kept);
  return (precision) => {
    const known = engines
      .filter((engine) => engine.modelId === modelId && engine.precision === precision)
      .filter((engine) => engine.runtime.family === family && engine.state === 'ready')
      .flatMap(({ id }) => kept.get(id) ?? []);
    const latency = known.flatMap((each) => each.latency ?? [])[0];
    const agreement = known.flatMap((each) => each.agreement ?? [])[0];
    const when = (iso: string): string => dateText(iso, i18n.language);
    const figures: Figure[] = [];
    if (latency !== undefined) {
      figures.push({
        text: t('build.measured.latency', { ms: format.milliseconds(latency.medianMs * nanoseconds) }),
        how: t('build.measured.latencyHow', {
          count: latency.iterations,
          device: latency.device,
          date: when(latency.at),
        }),
      });
    }
    if (agreement !== undefined) {
      figures.push({
        text: t('build.measured.agreement', { share: percent(agreement.pixelAgreement) }),
        how: t('build.measured.agreementHow', {
          count: agreement.pictures,
          reference: agreement.reference,
          date: when(agreement.at),
        }),
      });
    }
    return figures;
  };
}
