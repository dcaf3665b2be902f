import { remark } from '../../shared/remark';
import type { OnnxModel } from '../../onnx/model';
import { PairedTimer } from '../../runtimes/onnxruntime/paired-timer';
import type { Measurement } from '../../quantization/tune-trials';
import type { BuildTarget } from '../engines/build-plan';
import { engineFamilyNames } from '../engines/engine-state';
import type { InputForm } from '../quantize/picture-inputs';
import type { PairedTimerOptions } from './paired-device-timer';
import { PairedDeviceTimer } from './paired-device-timer';
import type { TimeLimit } from './time-limit';
import type { StopwatchParts } from './tensorrt-stopwatch';
import { TensorRtStopwatch } from './tensorrt-stopwatch';

/** Times candidates in turns with the network in higher precision. */
export interface CandidateClock {
  /** Such as `TensorRT 10.6.0 · NVIDIA H200`. */
  readonly device: string;
  /** It also judges candidates, by the masks of what it times. */
  readonly hasOwnMasks: boolean;
  /** Null where nothing can be timed here. @throws AbortError, and AppError of what went wrong with this candidate */
  measure(candidate: () => OnnxModel, signal: AbortSignal): Promise<Measurement | null>;
  /** Share of pixels in which the network in higher precision agrees, as far as it was judged. */
  readonly wideAgreement: number | null;
  /** Whether there is time for so many more. */
  affords(count: number): boolean;
  close(): Promise<void>;
}

export interface ClockParts extends Omit<StopwatchParts, 'target'> {
  readonly target: BuildTarget;
  /** The candidates' network before anything of it is in 8 bits; `wide`: as it would be built without 8 bits. */
  readonly base: OnnxModel;
  readonly wide: () => Promise<OnnxModel>;
  /** What goes into `base`. */
  readonly form: InputForm;
  /** Share of pixels with the reference's class, of masks of the pictures that are compared. */
  readonly judge: PairedTimerOptions['judge'];
  /** Of what need not be timed. */
  readonly limit: TimeLimit;
  /** Of the processor. */
  readonly threads: number;
}

/** Null where what is built cannot run here, or computes 8 bits nowhere. */
export function candidateClock(parts: ClockParts): CandidateClock | null {
  const { target, recipe } = parts;
  if (target.kind === 'onnxruntime') return recipe.precision === 'int8' ? processorClock(parts) : null;
  // Without a device, or for others than this one, there is nothing to run it on.
  return recipe.device.kind === 'gpu' ? deviceClock({ ...parts, target }) : null;
}

function processorClock({ base, form, threads, recipe, limit }: ClockParts): CandidateClock {
  const timer = new PairedTimer(base, form, threads);
  return {
    device: `${engineFamilyNames.onnxruntime} ${recipe.runtime.version} · CPU`,
    hasOwnMasks: false,
    wideAgreement: null,
    measure: async (candidate, signal) => ({ time: await limit.count(() => timer.time(candidate(), signal)) }),
    affords: (count) => limit.affords(count),
    close: () => timer.close(),
  };
}

function deviceClock(parts: ClockParts & StopwatchParts): CandidateClock {
  const stopwatch = new TensorRtStopwatch(parts);
  const timer = new PairedDeviceTimer({
    stopwatch,
    wide: parts.wide,
    limit: parts.limit,
    judge: parts.judge,
    onUnavailable: ({ message }) =>
      parts.warn(
        remark(
          'nothing-timed',
          `Nothing could be timed, since the network in higher precision cannot be built or run: ${message}`,
          { problem: message },
        ),
      ),
  });
  return {
    device: stopwatch.device,
    hasOwnMasks: true,
    get wideAgreement() {
      return timer.wideAgreement;
    },
    measure: (candidate) => timer.measure(candidate),
    affords: (count) => timer.affords(count),
    close: () => timer.close(),
  };
}
