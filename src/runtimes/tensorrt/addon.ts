/**
 * What the native addon (`native/napi`) offers. Every promise rejects with an Error that has a `code`; every call of
 * more than a millisecond runs on another thread; `close` is safe twice.
 */
export type RuntimeFamily = 'tensorrt-10' | 'tensorrt-11' | 'tensorrt-rtx';

export type NativeDataType =
  'float32' | 'float16' | 'bfloat16' | 'float8' | 'int8' | 'uint8' | 'int32' | 'int64' | 'boolean' | 'int4' | 'unknown';

export type Severity = 'internal-error' | 'error' | 'warning' | 'info' | 'verbose';

export interface CudaDevice {
  readonly index: number;
  readonly name: string;
  /** Such as 90 for 9.0. */
  readonly computeCapability: number;
  readonly totalMemory: number;
  readonly freeMemory: number;
  readonly uuid: string;
  readonly multiprocessors: number;
}

/** What the driver says, asked without any toolkit (libcuda is opened at run time). */
export interface CudaReport {
  /** Null without a driver library. */
  readonly driverLibrary: string | null;
  /** Such as 13000 for 13.0: the newest CUDA that the driver serves. */
  readonly cudaVersion: number | null;
  readonly devices: readonly CudaDevice[];
  /** Why there is no device, in the driver's words; empty when there is one. */
  readonly reason: string;
}

export interface TensorInfo {
  readonly name: string;
  readonly isInput: boolean;
  readonly type: NativeDataType;
  /** -1: told at run time. */
  readonly dims: readonly number[];
}

export interface ShapeRange {
  readonly name: string;
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

export interface LogLine {
  readonly severity: Severity;
  readonly text: string;
}

export interface BuildRequest {
  readonly onnxPath: string;
  readonly onnxBytes?: Uint8Array;
  readonly profiles: readonly (readonly ShapeRange[])[];
  readonly typing?: 'strong' | 'fp16-flag';
  readonly tf32?: boolean;
  readonly workspaceBytes?: number;
  readonly optimizationLevel?: number;
  readonly versionCompatible?: boolean;
  readonly hardwareCompatibility?: 'none' | 'ampere-plus' | 'same-compute-capability';
  readonly timingCache?: Uint8Array;
  readonly useTimingCache?: boolean;
  readonly device?: number;
  readonly computeCapabilities?: readonly number[];
  /** Empty with `parseOnly`. */
  readonly enginePath: string;
  readonly parseOnly?: boolean;
  /** Also sends TensorRT's verbose lines: tens of thousands for one network. */
  readonly verbose?: boolean;
}

export type BuildEvent =
  | { readonly kind: 'phase'; readonly phase: string; readonly parent: string; readonly steps: number }
  | { readonly kind: 'step'; readonly phase: string; readonly step: number }
  | { readonly kind: 'end'; readonly phase: string }
  | ({ readonly kind: 'log' } & LogLine);

export interface BuildResult {
  readonly engineBytes: number;
  readonly seconds: number;
  readonly layers: number;
  readonly tensors: readonly TensorInfo[];
  readonly timingCache: Uint8Array;
  /** TensorRT's inspector JSON; empty where the engine cannot be opened on this machine. */
  readonly layerInformation: string;
  readonly warnings: readonly LogLine[];
}

export interface EngineInfo {
  readonly tensors: readonly TensorInfo[];
  readonly profiles: readonly (readonly ShapeRange[])[];
  readonly deviceBytes: number;
  readonly weightBytes: number;
  readonly layers: number;
  readonly name: string;
}

export interface NativeFrame {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next; without it rows follow each other. */
  readonly stride?: number;
  readonly format: 'rgb8' | 'rgba8' | 'nv12';
  readonly matrix?: 'bt601' | 'bt709';
  readonly fullRange?: boolean;
}

export interface NativePlacement {
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** One element of the input's type for each channel, as bytes. */
  readonly fill: Uint8Array;
  readonly tiles: readonly { readonly x: number; readonly y: number }[];
  readonly maskWidth: number;
  readonly maskHeight: number;
  readonly scaleX: number;
  readonly scaleY: number;
}

export interface NormalisationTables {
  readonly nhwc: boolean;
  readonly channels: number;
  readonly source: readonly number[];
  /** channels x 256 elements of the input's type, as bytes. */
  readonly tables: Uint8Array;
  readonly resample: 'bilinear' | 'bicubic' | 'nearest';
}

export interface SessionOptions {
  readonly profile?: number;
  readonly input: string;
  readonly output: string;
  readonly outputIsLogits: boolean;
  readonly outputNhwc?: boolean;
  readonly normalisation: NormalisationTables;
  readonly wideIds?: boolean;
  readonly probability?: boolean;
  readonly cudaGraph?: boolean;
}

/** Milliseconds; stages by CUDA events, `total` by the wall clock of the whole native call. */
export interface StageTimes {
  readonly copyIn: number;
  readonly preprocess: number;
  readonly infer: number;
  readonly postprocess: number;
  readonly copyOut: number;
  readonly enqueue: number;
  readonly total: number;
}

export interface BenchOptions {
  readonly warmUpMs?: number;
  readonly iterations?: number;
  readonly minSeconds?: number;
  readonly cudaGraph?: boolean;
  readonly transfers?: boolean;
}

/** Milliseconds, one number for each timed iteration. */
export interface BenchSamples {
  readonly gpuCompute: readonly number[];
  readonly copyIn: readonly number[];
  readonly copyOut: readonly number[];
  readonly enqueue: readonly number[];
  readonly latency: readonly number[];
  readonly wallSeconds: number;
}

export interface HostTensor {
  readonly name: string;
  readonly type: NativeDataType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

export interface NativeSession {
  /** Calls may overlap: they queue. Frames of one call have one size; `masks` (and `probabilities`) are written. */
  segment(request: {
    readonly frames: readonly NativeFrame[];
    readonly placement: NativePlacement;
    readonly masks: readonly Uint8Array[];
    readonly probabilities?: readonly Uint8Array[];
  }): Promise<StageTimes>;
  infer(inputs: readonly HostTensor[]): Promise<HostTensor[]>;
  bench(inputShape: readonly number[], options?: BenchOptions): Promise<BenchSamples>;
  profile(inputShape: readonly number[], runs: number): Promise<{ readonly name: string; readonly medianMs: number }[]>;
  /** Host memory that the device reads and writes directly; lives until the session closes. */
  allocatePinned(bytes: number): Uint8Array;
  readonly deviceBytes: number;
  close(): Promise<void>;
}

export interface NativeEngine {
  readonly info: EngineInfo;
  layerInformation(): Promise<string>;
  createSession(options: SessionOptions): Promise<NativeSession>;
  close(): Promise<void>;
}

export interface NativeLibrary {
  readonly family: RuntimeFamily;
  readonly version: string;
  readonly buildsWithoutDevice: boolean;
  loadPlugins(path: string): Promise<void>;
  pluginCreators(): Promise<{ readonly name: string; readonly version: string; readonly namespace: string }[]>;
  /** Rejects with code CANCELLED within two seconds after `signal` aborts. */
  build(request: BuildRequest, onEvent: (event: BuildEvent) => void, signal?: AbortSignal): Promise<BuildResult>;
  openEngine(
    path: string,
    options: { readonly device: number; readonly onLog?: (line: LogLine) => void },
  ): Promise<NativeEngine>;
}

/** Of a library of this machine's that decodes JPEGs. Synchronous: for threads that do nothing else. */
export interface NativeJpegDecoder {
  /** The library's file. */
  readonly library: string;
  /**
   * @param target exactly `width * height * 3` bytes
   * @returns false for a picture that is not a plain one, is of another size, or has the least fault
   */
  decode(bytes: Uint8Array, width: number, height: number, target: Uint8Array): boolean;
}

export interface NativeAddon {
  readonly version: string;
  probeCuda(): Promise<CudaReport>;
  /**
   * Null where the library is missing or too old. Older builds of the addon have none.
   * @param named the library's file, and no other; empty: the one that the system knows
   */
  openJpegDecoder?(named: string): NativeJpegDecoder | null;
  /**
   * For the event that announces the process's exit: ends all work, and the process with it where something goes on, as a
   * long step of a build does: libraries taken down around it would crash. Older builds of the addon have none.
   */
  leave?(code: number): void;
  /** Opens the family's libraries and our backend for it. One library of each family can be open in a process. */
  openLibrary(paths: {
    readonly family: RuntimeFamily;
    readonly backend: string;
    readonly runtime: string;
    /** Empty where only engines are run. */
    readonly parser: string;
  }): Promise<NativeLibrary>;
  /** The kernels' arithmetic on the processor, for tests: the same source as the device's, compiled for the host. */
  hostPreprocess(frame: NativeFrame, placement: NativePlacement, normalisation: NormalisationTables): Uint8Array[];
  hostPostprocess(
    logits: {
      readonly data: Uint8Array;
      readonly type: NativeDataType;
      readonly nhwc: boolean;
      readonly dims: readonly number[];
    },
    placement: NativePlacement,
    wideIds: boolean,
  ): { readonly mask: Uint8Array; readonly probability: Uint8Array };
}
