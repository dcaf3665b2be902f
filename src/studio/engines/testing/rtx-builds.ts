import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { BuildOrderInput, EngineSummary } from '../../../shared/domain/engine';
import { buildOrderSchema } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import { TensorRtLibraries } from '../../../runtimes/tensorrt/tensorrt-libraries';
import { ModelLibrary } from '../../library/model-library';
import type { BuildObserver } from '../build-work';
import { EngineBuilder } from '../build-engine';
import { EngineLibrary } from '../engine-library';
import { TimingCache } from '../timing-cache';
import { TuningStore } from '../../tune/tuning-store';

export interface Told {
  readonly shares: number[];
  readonly phases: Set<string>;
}

export function observer(signal = new AbortController().signal): BuildObserver & Told {
  const shares: number[] = [];
  const phases = new Set<string>();
  return {
    signal,
    shares,
    phases,
    phase: (phase) => void phases.add(phase),
    progress: (share) => void shares.push(share),
    timeLeft: () => undefined,
    log: () => undefined,
  };
}

export interface RtxBuilds {
  readonly models: ModelLibrary;
  readonly library: EngineLibrary;
  build(model: ModelSummary, order: BuildOrderInput, told?: BuildObserver & Told): Promise<EngineSummary>;
}

/** A builder for TensorRT for RTX through our own addon: that family builds without a GPU. Nothing is run. */
export function rtxBuilds(): RtxBuilds {
  const data = mkdtempSync(join(tmpdir(), 'maskforge-native-'));
  afterAll(() => rmSync(data, { recursive: true, force: true }));
  const libraries = new TensorRtLibraries({ dataDirectory: data });
  const models = new ModelLibrary({ dataDirectory: data, resourcesDirectory: join(data, 'none') });
  const library = new EngineLibrary({ dataDirectory: data, machine: async () => ({ families: [], devices: [] }) });
  const timing = new TimingCache(data);
  const builder = new EngineBuilder({
    libraries,
    library,
    timing,
    tunings: new TuningStore(data),
    calibrations: join(data, 'none'),
  });
  beforeAll(async () => {
    const { library: opened } = await libraries.open('tensorrt-rtx');
    expect(opened.buildsWithoutDevice).toBe(true);
  });
  const build: RtxBuilds['build'] = (model, order, told = observer()) =>
    builder.build(model, buildOrderSchema.parse({ runtime: 'tensorrt-rtx', fresh: true, level: 0, ...order }), told);
  return { models, library, build };
}
