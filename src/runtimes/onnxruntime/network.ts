import type { InputData } from '../input-tensor';
import type { ClassIds } from './class-ids';
import type { Logits } from './logits';

export type NetworkOutput =
  { readonly kind: 'logits'; readonly logits: Logits } | { readonly kind: 'class-ids'; readonly ids: ClassIds };

export interface NetworkOptions {
  readonly threads: number;
  /** False runs the graph exactly as it lies in the file. */
  readonly rewrite: boolean;
  /** Where optimised graphs are kept between starts; null keeps none. */
  readonly cacheDirectory: string | null;
}

/** A network that is open somewhere: pixels of one picture in, logits or class ids out. One run at a time. */
export interface Network {
  /** `FP32`, `FP16` or `INT8`. */
  readonly precision: string;
  /**
   * @param data taken over; what comes back in the answer may be used for the next run instead
   * @throws AppError MODEL_RUN_FAILED, OUT_OF_MEMORY, MODEL_OUTPUT_UNEXPECTED
   */
  run(data: InputData, width: number, height: number): Promise<{ output: NetworkOutput; data: InputData }>;
  release(): Promise<void>;
}
