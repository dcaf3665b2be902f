import { useTranslation } from 'react-i18next';
import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import type { KeptTuning } from '../../../shared/domain/tuning';
import type { ModelSummary } from '../../../shared/domain/model';
import { useFormat } from '../format/use-format';
import { shapesOf } from './build-draft';
import { useBuild } from './build-store';
import { chosenOf, tuningFor, useTunings } from './tunings';
import { percent } from './verification-report';

const NANOSECONDS = 1e6;

/** What a tuning comes to, in a sentence with its figures; null before there is a point. */
export function useVerdict(): (tuning: KeptTuning) => string | null {
  const { t } = useTranslation();
  const format = useFormat();
  const ms = (value: number): string => format.milliseconds(value * NANOSECONDS);
  return (tuning) => {
    const point = chosenOf(tuning);
    if (point === null) return null;
    const { recipe, wide, use, target, isReached } = tuning;
    const agreement = percent(point.agreement);
    const names = { narrow: recipe.precision.toUpperCase(), wide: wide.toUpperCase(), agreement };
    if (!isReached) return t('build.tuning.notReached', { ...names, target: percent(target) });
    const { time } = point;
    if (time === undefined) return t('build.tuning.untimed', { ...names, count: point.blocks.length });
    const times = { ...names, time: ms(time.milliseconds), float: ms(time.float) };
    return t(use === wide ? 'build.tuning.notFaster' : 'build.tuning.faster', times);
  };
}

/** What was found out before on this machine about 8 bits: a warning where they are not worth it. */
export function useTunedHere(
  model: ModelSummary,
  family: EngineFamily | null,
): (precision: Precision) => { readonly note?: string; readonly warning?: string } {
  const tunings = useTunings(model.id);
  const draft = useBuild((state) => state.draft);
  const verdict = useVerdict();
  const finished = tunings.filter(({ isFinished }) => isFinished);
  return (precision) => {
    const { kinds } = draft.calibration;
    const tuning = tuningFor(finished, { precision, family, shapes: shapesOf(draft, model), kinds });
    const text = tuning === null ? null : verdict(tuning);
    if (tuning === null || text === null) return {};
    return tuning.use === tuning.wide ? { warning: text } : { note: text };
  };
}
