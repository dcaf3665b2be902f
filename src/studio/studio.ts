import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { StudioHandlers } from '../shared/contract';
import { encodeFramePng } from '../media/frame-png';
import { loadSharp } from '../media/sharp-loader';
import { createOnnxRuntime } from '../runtimes/onnxruntime/ort-runtime';
import { onDeviceLost } from '../runtimes/tensorrt/device-loss';
import { TensorRtLibraries } from '../runtimes/tensorrt/tensorrt-libraries';
import { ComparisonStudio } from './compare/comparison-handlers';
import { batchHandlers } from './batch/batch-handlers';
import { examine } from './doctor';
import { EngineStudio } from './engines/engine-handlers';
import { PictureExporter } from './export/export-pictures';
import { ModelHub } from './hub/model-hub';
import { JobRegistry } from './jobs/job-registry';
import { ModelLibrary } from './library/model-library';
import { PictureRegistry } from './pictures/picture-registry';
import { plainBytes } from './plain-bytes';
import { runtimeHandlers } from './runtimes/runtime-handlers';
import { runtimeOverview } from './runtimes/runtime-overview';
import { MaskCache } from './sessions/mask-cache';
import { previewInput } from './sessions/preview-input';
import { PictureSegmenter } from './sessions/segment-picture';
import { SessionRegistry } from './sessions/session-registry';
import { SettingsStore } from './settings-store';
import type { Studio, StudioOptions } from './studio-api';
import { TaskLimit } from './task-limit';
import { videoHandlers } from './video/video-handlers';
import { WindowExports } from './video/window-exports';

/** Some dozens of pictures at screen size: walking back and forth is instant, and a long run stays small. */
const MASK_CACHE_BYTES = 48 * 1024 * 1024;
/** Pictures that are decoded at once for the film strip and the canvas. */
const READS_AT_ONCE = 2;

/** Beside this program where it is built: `out/host/host.cjs` and `out/worker/ort-worker.cjs`. */
const workerFile = fileURLToPath(new URL('../worker/ort-worker.cjs', import.meta.url));

/** What the handlers share. */
interface Parts {
  readonly options: StudioOptions & { readonly env: NodeJS.ProcessEnv };
  readonly settings: SettingsStore;
  readonly library: ModelLibrary;
  readonly hub: ModelHub;
  readonly jobs: JobRegistry;
  readonly pictures: PictureRegistry;
  readonly sessions: SessionRegistry;
  readonly libraries: TensorRtLibraries;
  readonly engines: EngineStudio;
  readonly segmenter: PictureSegmenter;
  readonly exporter: PictureExporter;
  readonly comparisons: ComparisonStudio;
  readonly reads: TaskLimit;
  /** Of videos, by windows. */
  readonly exports: WindowExports;
}

/** The studio in this process. A data folder that cannot be written is no obstacle; `app.doctor` tells of it. */
export async function createStudio(options: StudioOptions): Promise<Studio> {
  const unheard = onDeviceLost(() => options.onDeviceLost?.());
  const parts = await openParts(options);
  const close = (): Promise<void> => {
    unheard();
    return closeParts(parts);
  };
  return { handlers: handlersOf(parts), close };
}

async function openParts(options: StudioOptions): Promise<Parts> {
  const { dataDirectory, resourcesDirectory, access, emit, env = process.env } = options;
  await mkdir(dataDirectory, { recursive: true }).catch(() => undefined);
  const pictures = openPictures(options);
  const library = new ModelLibrary({
    dataDirectory,
    resourcesDirectory,
    onChange: (models) => emit('models.changed', models),
  });
  const jobs = new JobRegistry(emit);
  const processor = { cacheDirectory: join(dataDirectory, 'cache', 'graphs'), workerFile };
  const reference = createOnnxRuntime(processor);
  const libraries = new TensorRtLibraries({ dataDirectory, env });
  const shared = { dataDirectory, access, emit, jobs, pictures };
  const provePictures = [join(samplesIn(options.resourcesDirectory), '01-high-street.jpg')].filter(existsSync);
  const engines = new EngineStudio({ ...shared, models: library, libraries, reference, processor, provePictures });
  const segmenter = new PictureSegmenter(pictures, new MaskCache(MASK_CACHE_BYTES));
  const sessions = new SessionRegistry(engines.runtimes());
  const comparing = { ...shared, models: library, engines: engines.library, sessions, segmenter };
  return {
    options: { ...options, env },
    settings: await SettingsStore.open(dataDirectory, emit),
    library,
    hub: new ModelHub({ dataDirectory, library, env }),
    jobs,
    pictures,
    sessions,
    libraries,
    engines,
    segmenter,
    exporter: new PictureExporter(pictures, segmenter),
    comparisons: new ComparisonStudio(comparing),
    reads: new TaskLimit(READS_AT_ONCE),
    exports: new WindowExports({ ...shared, sessions }),
  };
}

function openPictures({ dataDirectory, resourcesDirectory, access }: StudioOptions): PictureRegistry {
  return new PictureRegistry({
    access,
    uploadsDirectory: join(dataDirectory, 'uploads'),
    samplesDirectory: samplesIn(resourcesDirectory),
  });
}

function samplesIn(resourcesDirectory: string): string {
  const pictures = join(resourcesDirectory, 'samples', 'pictures');
  return existsSync(pictures) ? pictures : join(resourcesDirectory, 'samples');
}

function handlersOf(parts: Parts): StudioHandlers {
  const { options, jobs, sessions, engines, comparisons } = parts;
  return {
    ...appHandlers(parts),
    ...modelHandlers(parts),
    ...pictureHandlers(parts),
    ...sessionHandlers(parts),
    ...librariesHandlers(parts),
    ...jobHandlers(parts),
    ...engines.handlers(),
    ...batchHandlers({ access: options.access, jobs, sessions }),
    ...comparisons.handlers(),
    ...videoHandlers({ ...parts, ...options }),
  };
}

/** Work under way ends first: it uses all the rest. */
async function closeParts({ jobs, exports, comparisons, sessions, library, settings }: Parts): Promise<void> {
  await jobs.close();
  await exports.closeAll();
  await comparisons.close();
  await sessions.closeAll();
  await library.close();
  await settings.flush();
}

type HandlersOf<Prefix extends string> = Pick<StudioHandlers, Extract<keyof StudioHandlers, `${Prefix}.${string}`>>;

function appHandlers({ options, settings, sessions, library }: Parts): HandlersOf<'app' | 'settings'> {
  const { dataDirectory, resourcesDirectory, env } = options;
  return {
    'app.info': async () => ({
      version: await programVersion(resourcesDirectory),
      hostPid: process.pid,
      platform: process.platform,
      runtimes: await sessions.probe(),
    }),
    'app.doctor': () => {
      const runtimes = () => runtimeOverview({ dataDirectory, env, probe: () => sessions.probe() });
      return examine({ dataDirectory, resourcesDirectory, library, runtimes });
    },
    'settings.get': async () => settings.get(),
    'settings.update': (change) => settings.update(change),
  };
}

function modelHandlers({ options, library, hub, jobs, pictures }: Parts): HandlersOf<'models' | 'catalogue'> {
  return {
    'models.list': () => library.list(),
    'models.add': ({ path }) => {
      options.access.check(path);
      return library.add(path);
    },
    'models.addBytes': ({ files }) => library.addBytes(files),
    'models.remove': async ({ modelId }) => {
      await library.remove(modelId);
      return null;
    },
    'models.configure': ({ modelId, preprocessing, labels }) => library.configure(modelId, { preprocessing, labels }),
    'models.preview': async ({ modelId, pictureId, preprocessing }) => {
      const [{ input }, file] = await Promise.all([library.get(modelId), pictures.open(pictureId)]);
      const frame = await previewInput(file, input, preprocessing);
      return { png: plainBytes(await encodeFramePng(frame)), width: frame.width, height: frame.height };
    },
    'catalogue.list': (_, { signal }) => hub.list(signal),
    'catalogue.pull': async (request) => {
      const { repo } = hub.check(request);
      const plan = { kind: 'download', title: repo, unit: 'bytes', total: 0 } as const;
      const jobId = jobs.start(plan, async (job) => {
        const model = await hub.pull(request, {
          signal: job.signal,
          onProgress: ({ phase, done, total }) => {
            job.phase(phase);
            job.progress(done, total);
          },
          onLog: (line) => job.log(line),
        });
        job.result(model.id);
      });
      return { jobId };
    },
  };
}

function pictureHandlers({ pictures, reads }: Parts): HandlersOf<'pictures'> {
  return {
    'pictures.add': ({ paths }, { signal }) => pictures.add(paths, signal),
    'pictures.addBytes': ({ name, bytes }) => pictures.addBytes(name, bytes),
    'pictures.samples': () => pictures.samples(),
    'pictures.open': async ({ pictureId }) => ({ id: pictureId, ...(await pictures.open(pictureId)).facts }),
    'pictures.remove': async ({ pictureIds }) => {
      pictures.remove(pictureIds);
      return null;
    },
    'pictures.read': ({ pictureId, maxSide }, { signal }) =>
      reads.run(async () => {
        const { mime, bytes } = await (await pictures.open(pictureId)).show(maxSide);
        return { mime, bytes: plainBytes(bytes) };
      }, signal),
  };
}

function sessionHandlers({
  library,
  sessions,
  segmenter,
  engines,
}: Parts): Omit<HandlersOf<'session'>, 'session.segmentFrame'> {
  return {
    'session.open': async ({ modelId, runtime: wanted, threads, engineId }, { signal }) => {
      const runtime = engineId === undefined ? wanted : await engines.runtimeOf(engineId);
      const [model, stamp] = await Promise.all([library.get(modelId), library.stamp(modelId)]);
      const opening = sessions.open(model, { runtime, threads, engineId, stamp }, signal);
      // The first picture will need it, and the network is being opened in another thread.
      setImmediate(warmImageLibrary);
      return (await opening).info;
    },
    'session.close': async ({ sessionId }) => {
      await sessions.close(sessionId);
      return null;
    },
    'session.segment': async ({ sessionId, pictureId, fresh }, { signal }) =>
      segmenter.segment(await sessions.get(sessionId), { pictureId, fresh, signal }),
  };
}

function librariesHandlers({ options, jobs, sessions, libraries }: Parts): ReturnType<typeof runtimeHandlers> {
  const { dataDirectory, access, env } = options;
  return runtimeHandlers({
    ...{ dataDirectory, access, env, jobs },
    probe: () => sessions.probe(),
    // What cannot be searched says so when it is asked for.
    onChange: () => void libraries.search(true).catch(() => undefined),
  });
}

function jobHandlers({
  options,
  jobs,
  sessions,
  exporter,
}: Parts): Pick<StudioHandlers, 'jobs.list' | 'jobs.cancel' | 'export.picture' | 'export.pictures'> {
  const checkFolder = (directory: string | null): void => {
    if (directory !== null) options.access.check(directory);
  };
  return {
    'jobs.list': async () => jobs.list(),
    'jobs.cancel': async ({ jobId }) => {
      jobs.cancel(jobId);
      return null;
    },
    'export.picture': async ({ sessionId, pictureId, formats, style, directory }, { signal }) => {
      checkFolder(directory);
      const open = await sessions.get(sessionId);
      return exporter.one({ open, formats, style }, pictureId, directory, signal);
    },
    'export.pictures': async ({ sessionId, pictureIds, formats, style, directory }) => {
      checkFolder(directory);
      const open = await sessions.get(sessionId);
      const plan = { kind: 'export', title: directory, unit: 'files', total: pictureIds.length } as const;
      const jobId = jobs.start(plan, (job) => exporter.many({ open, formats, style }, pictureIds, directory, job));
      return { jobId };
    },
  };
}

/** `package.json` lies beside `resources` in the sources and in every package made of them. */
async function programVersion(resourcesDirectory: string): Promise<string> {
  try {
    const facts: unknown = JSON.parse(await readFile(join(resourcesDirectory, '..', 'package.json'), 'utf8'));
    return z.object({ version: z.string() }).parse(facts).version;
  } catch {
    return 'unknown';
  }
}

/** What is wrong with it is told when a picture is opened, and by `app.doctor`. */
function warmImageLibrary(): void {
  try {
    loadSharp();
  } catch {
    // Told later, by whoever needs it.
  }
}
