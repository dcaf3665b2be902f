import { useEffect, useState } from 'react';
import type { CallInput } from '../../../shared/contract';
import type { CalibrationPreview } from '../../../shared/domain/quantization';
import type { Answer } from './use-answer';
import { useAnswer } from './use-answer';

type Layers = Pick<CalibrationPreview, 'blocks' | 'kinds'>;
type Question = CallInput<'engines.previewCalibration'>;

/**
 * What of a network can compute in 8 bits, which is there whatever is wrong with the pictures: it is then asked for without
 * them, and what was known stays until another answer comes.
 *
 * @param bare the question without pictures; null while it cannot be asked
 */
export function useLayers(answer: Answer<CalibrationPreview>, bare: Question | null): Answer<Layers> {
  const [without] = useAnswer('engines.previewCalibration', answer.error === null ? null : bare);
  const [last, setLast] = useState<Layers | null>(null);
  const found = answer.value ?? without.value;
  useEffect(() => {
    if (found !== null) setLast(found);
  }, [found]);
  return { busy: answer.busy || without.busy, value: found ?? last, error: without.error };
}
