import type { ImageShape } from '../../shared/domain/engine';
import type { BenchOrder, BenchReport, EngineProfile } from '../../shared/domain/engine-measurement';
import type { MeasuredOnDevice } from './measure-on-device';
import { benchOnDevice, profileOnDevice } from './measure-on-device';
import type { MeasuredOnProcessor } from './measure-on-processor';
import { benchOnProcessor, profileOnProcessor } from './measure-on-processor';

/** An engine to measure, with what opens it. */
export type Measured =
  ({ readonly kind: 'tensorrt' } & MeasuredOnDevice) | ({ readonly kind: 'onnxruntime' } & MeasuredOnProcessor);

/** @throws AppError ENGINE_SHAPE_OUT_OF_RANGE, CANCELLED, and what opening and running throws */
export function benchEngine(measured: Measured, options: BenchOrder, signal: AbortSignal): Promise<BenchReport> {
  if (measured.kind === 'onnxruntime') return benchOnProcessor(measured, options, signal);
  return benchOnDevice(measured, options, signal);
}

/** Time of each layer; layers are timed one by one, so their sum is more than the engine takes. */
export function profileEngine(
  measured: Measured,
  options: { readonly runs: number; readonly shape?: ImageShape | undefined },
  signal: AbortSignal,
): Promise<EngineProfile> {
  if (measured.kind === 'onnxruntime') return profileOnProcessor(measured, options, signal);
  return profileOnDevice(measured, options);
}
