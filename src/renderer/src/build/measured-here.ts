import { useTranslation } from 'react-i18next';
import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import { isEightBit } from '../../../shared/domain/engine';
import { useFormat } from '../format/use-format';
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
      .filter((engine) => engine.runtime.family === family && engine.state === 'ready');
    const measured = known.flatMap(({ id }) => kept.get(id) ?? []);
    const { latency, agreement } = figures(
      {
        latency: measured.flatMap((each) => each.latency ?? [])[0] ?? null,
        agreement: measured.flatMap((each) => each.agreement ?? [])[0] ?? null,
      },
      known.find(({ proof }) => proof !== null) ?? null,
    );
    return [
      ...(latency === null ? [] : [{ text: t('build.measured.latency', { text: latency.text }), how: latency.how }]),
      ...(agreement === null
        ? []
        : [{ text: t('build.measured.agreement', { text: agreement.text }), how: agreement.how }]),
    ];
  };
}

const NANOSECONDS = 1e6;
/** Times that lie closer than this are the same. */
const SAME = 0.02;

/** A warning where engines of the same size were measured here, and 8 bits were no faster than 16, or 32 on a processor. */
export function useSlowerHere(modelId: string, family: EngineFamily | null): (precision: Precision) => string | null {
  const { t } = useTranslation();
  const format = useFormat();
  const engines = useEngines((state) => state.engines);
  const kept = useEngines((state) => state.kept);
  const wide: Precision = family === 'onnxruntime' ? 'fp32' : 'fp16';
  const measured = (precision: Precision) =>
    engines
      .filter((engine) => engine.modelId === modelId && engine.precision === precision && engine.state === 'ready')
      .filter((engine) => engine.runtime.family === family && !engine.plain)
      .flatMap(({ id, shapes }) => {
        const { latency = null } = kept.get(id) ?? {};
        return latency === null ? [] : [{ shapes: JSON.stringify(shapes), ms: latency.medianMs }];
      });
  return (precision) => {
    if (!isEightBit(precision)) return null;
    // The newest engine in 8 bits, and the fastest one of its size in the wide precision.
    const [narrow] = measured(precision);
    const others = measured(wide).filter(({ shapes }) => shapes === narrow?.shapes);
    const float = Math.min(...others.map(({ ms }) => ms));
    if (narrow === undefined || others.length === 0 || narrow.ms < float * (1 - SAME)) return null;
    const text = (ms: number): string => format.milliseconds(ms * NANOSECONDS);
    return t('build.measured.notFaster', {
      narrow: precision.toUpperCase(),
      wide: wide.toUpperCase(),
      time: text(narrow.ms),
      float: text(float),
    });
  };
}
