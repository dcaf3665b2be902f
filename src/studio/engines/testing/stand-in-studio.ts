import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import type { z } from 'zod';
import type { CallArgs, CallInput, CallName, CallResult, EmitEvent } from '../../../shared/contract';
import { calls, events } from '../../../shared/contract';
import type { BuildOrderInput, EngineSummary } from '../../../shared/domain/engine';
import type { Job } from '../../../shared/domain/job';
import { unrestrictedAccess } from '../../file-access';
import { createStudio } from '../../studio';
import type { Studio } from '../../studio-api';
import type { StandInSettings } from './stand-in';
import { putStandIn } from './stand-in';

const idle = new AbortController().signal;

/** A studio with a stand-in for the native addon: everything above it is real, and its engines run on ONNX Runtime. */
export class StandInStudio {
  /** Of the whole file; `folder` names what is the test's own. */
  readonly root = mkdtempSync(join(tmpdir(), 'maskforge-engines-'));
  data = '';
  onnx = '';
  env: Record<string, string> = {};
  resources = '';
  modelId = '';
  devicesLost = 0;
  onJob: (job: Job) => void = () => undefined;
  #studio: Studio | null = null;
  #count = 0;

  /** Below the file's folder, another one for each test. */
  folder(name: string): string {
    return join(this.root, `${name}-${this.#count}`);
  }

  /** A new studio with one network in its library. */
  async open(): Promise<void> {
    this.#count += 1;
    this.data = this.folder('data');
    this.onnx = join(this.folder('models'), 'net.onnx');
    mkdirSync(this.folder('models'));
    cpSync(join('tools', 'fixtures', 'models', 'small', 'original-ts13-256.onnx'), this.onnx);
    this.env = putStandIn(this.folder('native'));
    this.onJob = () => undefined;
    this.devicesLost = 0;
    this.resources = join(this.root, 'none');
    set({});
    await this.#start();
    this.modelId = (await this.call('models.add', { path: this.onnx })).id;
  }

  async close(): Promise<void> {
    await this.#studio?.close();
    set({});
  }

  /** Closes the studio and opens another with an addon that does what `settings` say. */
  readonly restart = async (settings: StandInSettings = {}): Promise<void> => {
    await this.#studio?.close();
    set(settings);
    this.#count += 1;
    this.env = putStandIn(this.folder('native'));
    await this.#start();
  };

  /** The same with a sample picture, which it shows new engines. */
  readonly withSample = async (pixel: (at: number) => number, settings: StandInSettings = {}): Promise<void> => {
    this.resources = this.folder('resources');
    mkdirSync(join(this.resources, 'samples'), { recursive: true });
    const pixels = Buffer.from(Array.from({ length: 256 * 256 * 3 }, (_, at) => pixel(at)));
    const picture = sharp(pixels, { raw: { width: 256, height: 256, channels: 3 } });
    await picture.jpeg().toFile(join(this.resources, 'samples', '01-high-street.jpg'));
    await this.restart(settings);
  };

  async #start(): Promise<void> {
    const emit: EmitEvent = (name, payload) => {
      events[name].parse(payload);
      if (name === 'jobs.changed') this.onJob(events['jobs.changed'].parse(payload));
    };
    this.#studio = await createStudio({
      dataDirectory: this.data,
      resourcesDirectory: this.resources,
      access: unrestrictedAccess,
      emit,
      env: { PATH: process.env['PATH'], ...this.env },
      onDeviceLost: () => (this.devicesLost += 1),
    });
  }

  readonly call = async <K extends CallName>(name: K, args: CallInput<K>, signal = idle): Promise<CallResult<K>> => {
    if (this.#studio === null) throw new Error('not open');
    const parsed = (calls[name].args as z.ZodType).parse(args) as CallArgs<K>;
    const result = await this.#studio.handlers[name](parsed, { signal });
    return (calls[name].result as z.ZodType).parse(result) as CallResult<K>;
  };

  /** The job once it has ended. */
  readonly ended = async (jobId: string): Promise<Job> => {
    return new Promise((resolve) => {
      const look = (job: Job): void => {
        if (job.id === jobId && job.state !== 'running' && job.state !== 'queued') resolve(job);
      };
      this.onJob = look;
      void this.call('jobs.list', {}).then((list) => list.forEach(look));
    });
  };

  readonly build = async (order: BuildOrderInput = {}): Promise<Job> => {
    const { jobId } = await this.call('engines.build', { modelId: this.modelId, order });
    return this.ended(jobId);
  };

  readonly engineOf = async (job: Job): Promise<EngineSummary> => {
    expect(job.error).toBeNull();
    const engine = (await this.call('engines.list', {})).find(({ id }) => id === job.results[0]);
    if (engine === undefined) throw new Error('no engine');
    return engine;
  };

  /** What builds have left where engines are. */
  readonly leftovers = (): string[] => {
    const engines = join(this.data, 'engines');
    return existsSync(engines) ? readdirSync(engines).filter((name) => name.startsWith('.building')) : [];
  };
}

/** Another one for each test of a file. */
export function standInStudio(): StandInStudio {
  const here = new StandInStudio();
  beforeEach(() => here.open());
  afterEach(() => here.close());
  afterAll(() => rmSync(here.root, { recursive: true, force: true }));
  return here;
}

function set(settings: StandInSettings): void {
  for (const key of Object.keys(process.env)) if (key.startsWith('STAND_IN_')) delete process.env[key];
  Object.assign(process.env, settings);
}

/** An error with this code. */
export function failing(code: string): unknown {
  return expect.objectContaining({ code });
}

export function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

/** A picture in which a network finds more than one class. */
export async function noise(folder: string, name: string, width: number, height: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  let state = name.charCodeAt(0);
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((index >> 5) * 13 + (state >>> 27)) & 255;
  });
  const file = join(folder, name);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
  return file;
}

/** Masks that are of one class everywhere, each beside its picture's name. */
export async function drawnMasks(folder: string, names: readonly string[]): Promise<void> {
  mkdirSync(folder);
  const drawn = { width: 256, height: 256, channels: 1 } as const;
  const grey = sharp(Buffer.alloc(256 * 256, 1), { raw: drawn }).toColourspace('b-w');
  for (const name of names) await grey.clone().png().toFile(join(folder, name));
}
