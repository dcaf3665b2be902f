import { useTranslation } from 'react-i18next';
import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import { useEngines } from '../engines/engines-store';
import { useFigures } from '../engines/use-figures';
import type { Figure } from './choice';

/** What was measured on this machine of engines of a model and a runtime: by precision, the newest of each kind. */
export function useMeasuredHere(modelId: string, family: EngineFamily | null): (precision: Precision) => Figure[] {
  const { t } = useTranslation();
  const figures = useFigures();
  const engines = useEngines((state) => state.engines);
  const kept = useEngines((state) => state.kept);
  return (precision) => {
    const known = engines
      .filter((engine) => engine.modelId === modelId && engine.precision === precision)
      .filter((engine) => engine.runtime.family === family && engine.state === 'ready')
      .flatMap(({ id }) => kept.get(id) ?? []);
    const { latency, agreement } = figures({
      latency: known.flatMap((each) => each.latency ?? [])[0] ?? null,
      agreement: known.flatMap((each) => each.agreement ?? [])[0] ?? null,
    });
    return [
      ...(latency === null ? [] : [{ text: t('build.measured.latency', { text: latency.text }), how: latency.how }]),
      ...(agreement === null
        ? []
        : [{ text: t('build.measured.agreement', { text: agreement.text }), how: agreement.how }]),
    ];
  };
}
