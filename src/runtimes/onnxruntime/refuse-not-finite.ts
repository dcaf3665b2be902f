import { AppError } from '../../shared/app-error';
import type { Logits } from './logits';

/**
 * Of NaN and of positive infinity no class follows: compared with anything, NaN never wins, so that a mask of nothing but
 * class 0 would come out and look like a result. Negative infinity is how networks rule a class out.
 *
 * @throws AppError MODEL_OUTPUT_NOT_FINITE
 */
export function refuseNotFinite({ data }: Logits, modelName: string): void {
  const count = data instanceof Uint16Array ? countHalves(data) : isSumFinite(data) ? 0 : countFloats(data);
  if (count === 0) return;
  throw new AppError(
    'MODEL_OUTPUT_NOT_FINITE',
    `${modelName} computes values that are no finite numbers (NaN or infinity) on this picture: ${count} of ${data.length}.`,
    {
      hint: 'No mask follows from them. Check the preprocessing, build with another precision (16-bit floats end at 65,504), or export the network again.',
      details: { model: modelName, count, of: data.length },
    },
  );
}

/** One pass that no NaN or infinity escapes: sums in 64 bits cannot overflow on 32-bit numbers. Four keep the adder busy. */
function isSumFinite(data: Float32Array): boolean {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = data.length - (data.length % 4);
  for (let index = 0; index < whole; index += 4) {
    first += data[index] ?? 0;
    second += data[index + 1] ?? 0;
    third += data[index + 2] ?? 0;
    fourth += data[index + 3] ?? 0;
  }
  for (let index = whole; index < data.length; index += 1) first += data[index] ?? 0;
  return Number.isFinite(first + second + third + fourth);
}

function countFloats(data: Float32Array): number {
  let count = 0;
  for (const value of data) if (Number.isNaN(value) || value === Infinity) count += 1;
  return count;
}

/** Halves whose exponent is all ones, but for negative infinity. */
function countHalves(data: Uint16Array): number {
  let count = 0;
  for (const bits of data) if ((bits & 0x7c00) === 0x7c00 && bits !== 0xfc00) count += 1;
  return count;
}
