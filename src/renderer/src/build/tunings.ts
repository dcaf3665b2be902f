import { useEffect, useState } from 'react';
import type { EngineFamily, ImageShapeRange, Precision, Recipe } from '../../../shared/domain/engine';
import type { QuantizedKind } from '../../../shared/domain/quantization';
import type { Judge, KeptTuning, NumberedPoint } from '../../../shared/domain/tuning';
import type { Job } from '../../../shared/domain/job';
import { logText } from '../../../shared/domain/job';
import { useJobs } from '../state/jobs-store';
import { studio } from '../studio-client/studio';

/** Tunings of a model, the newest first; looked for anew while one goes on, so that points appear as they are found. */
export function useTunings(modelId: string): readonly KeptTuning[] {
  const [tunings, setTunings] = useState<readonly KeptTuning[]>([]);
  const progress = useJobs(({ jobs }) =>
    jobs
      .filter(({ kind }) => kind === 'tune')
      .map(stampOf)
      .join(),
  );
  useEffect(() => {
    let live = true;
    studio.call('engines.tunings', { modelId }).then(
      (found) => live && setTunings(found),
      // Without them the wizard offers to find out anew.
      () => live && setTunings([]),
    );
    return () => {
      live = false;
    };
  }, [modelId, progress]);
  return tunings;
}

/** Another one for each line of its log: each point is one. */
function stampOf({ id, state, log }: Job): string {
  return `${id} ${state} ${log.length} ${logText(log[log.length - 1] ?? '')}`;
}

/** What of an order decides how fast it is. */
export interface Sought {
  readonly precision: Precision;
  readonly family: EngineFamily | null;
  /** Null while sizes are not valid. */
  readonly shapes: ImageShapeRange | null;
  /** Layers that compute in 8 bits; null for whatever was sought. */
  readonly kinds: readonly QuantizedKind[] | null;
}

/** The newest that speaks of this precision on this runtime, at these sizes and on this machine. */
export function tuningFor<T extends Pick<KeptTuning, 'recipe' | 'isHere'>>(
  tunings: readonly T[],
  { precision, family, shapes, kinds }: Sought,
): T | null {
  const fits = ({ recipe, isHere }: T): boolean =>
    isHere &&
    recipe.precision === precision &&
    recipe.runtime.family === family &&
    shapes !== null &&
    areSame(recipe.shapes, shapes) &&
    (kinds === null || String(kindsOfRecipe(recipe)) === String(kinds));
  return tunings.find(fits) ?? null;
}

function kindsOfRecipe({ passes }: Recipe): readonly QuantizedKind[] {
  return passes.flatMap((step) => (step.pass === 'quantize' ? step.kinds : []));
}

function areSame(one: ImageShapeRange, other: ImageShapeRange): boolean {
  const keys = ['batch', 'height', 'width'] as const;
  return (['min', 'opt', 'max'] as const).every((end) => keys.every((key) => one[end][key] === other[end][key]));
}

/** What can be built: from everything in 8 bits to the least. */
export function curveOf({ points }: KeptTuning): NumberedPoint[] {
  return points.filter(({ kind }) => kind === 'without').sort((one, other) => other.gain - one.gain);
}

/** Whose masks were compared over the curve. */
export function judgesOf(tuning: KeptTuning): Judge | 'mixed' {
  const judges = new Set(curveOf(tuning).map(judgeOf));
  const [only = 'onnxruntime'] = judges;
  return judges.size > 1 ? 'mixed' : only;
}

export function judgeOf({ judgedOn = 'onnxruntime' }: NumberedPoint): Judge {
  return judgedOn;
}

export function chosenOf({ points, chosen }: KeptTuning): NumberedPoint | null {
  return points.find(({ number }) => number === chosen) ?? null;
}
