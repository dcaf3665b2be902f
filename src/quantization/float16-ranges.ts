import type { ActivationRange } from '../onnx/passes/precision-plan';
import { binStart } from './magnitude-histogram';
import type { StatisticsByValue } from './value-statistics';

/**
 * A calibration as the passes to 16 bits take it: layers whose inputs come near what float16 can hold then stay in
 * float32. It knows the inputs of layers; `collectRanges` knows every value, for a run of its own.
 */
export function float16Ranges(statistics: StatisticsByValue): Map<string, ActivationRange> {
  return new Map(
    [...statistics].map(([name, value]) => {
      const { histogram } = value;
      let sum = 0;
      for (const [bin, count] of histogram.bins.entries()) {
        if (count > 0) sum += (count * (binStart(bin) + binStart(bin + 1))) / 2;
      }
      return [name, { max: value.largest(), mean: histogram.total === 0 ? 0 : sum / histogram.total }];
    }),
  );
}
