/**
 * The studio on the processor against Python: the same pictures through the same network with the same number of
 * threads, from the file to a PNG mask, in turns on this machine. `npm run bench -- cpu [rounds]` prints JSON.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { openModel } from '../src/onnx/model';
import { saveModel } from '../src/onnx/model-write';
import { runPass } from '../src/onnx/pass';
import { maskOutput } from '../src/onnx/passes/mask-output';
import { encodeIndexPng } from '../src/media/png-writer';
import { PictureFile } from '../src/media/picture-file';
import { createOnnxRuntime } from '../src/runtimes/onnxruntime/ort-runtime';
import type { Session } from '../src/runtimes/runtime';
import type { ModelSummary } from '../src/shared/domain/model';
import { unrestrictedAccess } from '../src/studio/file-access';
import { ModelLibrary } from '../src/studio/library/model-library';
import { walkFolder } from '../src/studio/pictures/walk-folder';
import { createStudio } from '../src/studio/studio';
import { LineProcess, pythonWith } from './python-process';
import { median, milliseconds, ratio, sum } from './statistics';
import { machine, occasion, record, runToEnd } from './record';

interface Times {
  readonly decode: number;
  readonly preprocess: number;
  readonly infer: number;
  readonly postprocess: number;
  readonly write: number;
  readonly total: number;
}
type Contender = (picture: string, mask: string) => Promise<Times>;

const stages = ['decode', 'preprocess', 'infer', 'postprocess', 'write', 'total'] as const;
const OVERHEAD_RUNS = 10;
const rounds = Number(process.argv[2] ?? 5);
const work = mkdtempSync(join(tmpdir(), 'bench-cpu-'));

async function main(): Promise<void> {
  const library = new ModelLibrary({ dataDirectory: join(work, 'data'), resourcesDirectory: 'resources' });
  const model = await library.get('street-b0');
  const pictures = await walkFolder(join('resources', 'samples', 'pictures'), () => undefined);
  const studio = await createOnnxRuntime().open(model, { threads: 0 });
  const sameGraph = await createOnnxRuntime({ rewrite: false }).open(model, { threads: studio.threads });
  const python = new LineProcess(pythonWith(join('bench', 'python', 'requirements.txt')), [
    join('bench', 'python', 'cpu_baseline.py'),
  ]);
  const versions = await python.ask<Record<string, string>>({
    open: {
      model: model.path,
      graph: await graphWithMask(model),
      threads: studio.threads,
      preprocessing: model.preprocessing,
    },
  });
  const contenders: Record<string, Contender> = {
    studio: (picture, mask) => runHere(studio, picture, mask),
    studioSameGraph: (picture, mask) => runHere(sameGraph, picture, mask),
    pythonNumpy: (picture, mask) => python.ask<Times>({ run: picture, mask, way: 'numpy' }),
    pythonGraph: (picture, mask) => python.ask<Times>({ run: picture, mask, way: 'graph' }),
  };
  const times = await measure(
    contenders,
    pictures.map(({ path }) => path),
  );
  const agreement = await agreements(
    pictures.map(({ name }) => name),
    'studio',
    'pythonNumpy',
  );
  python.close();
  await Promise.all([studio.close(), sameGraph.close()]);
  await library.close();
  report(
    times,
    agreement,
    await studioOverhead(),
    { ...versions, node: process.version, onnxruntimeNode: studio.runtimeVersion },
    studio.threads,
  );
}

/** In turns, the order changing with each picture and round; the first round only warms up. */
async function measure(
  contenders: Record<string, Contender>,
  pictures: readonly string[],
): Promise<Map<string, Map<string, Times[]>>> {
  const times = new Map(Object.keys(contenders).map((name) => [name, new Map<string, Times[]>()]));
  for (let round = -1; round < rounds; round++) {
    for (const [index, picture] of pictures.entries()) {
      const names = Object.keys(contenders);
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(turn + index + round + names.length) % names.length] ?? '';
        const result = await contenders[name]?.(picture, maskPath(name, basename(picture)));
        if (round < 0 || result === undefined) continue;
        const kept = times.get(name)?.get(picture) ?? [];
        times.get(name)?.set(picture, [...kept, result]);
      }
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  return times;
}

async function runHere(session: Session, picture: string, mask: string): Promise<Times> {
  const start = process.hrtime.bigint();
  const file = await PictureFile.open({ path: picture });
  const opened = process.hrtime.bigint();
  const outcome = await session.segment(file);
  const segmented = process.hrtime.bigint();
  writeFileSync(mask, await encodeIndexPng(outcome.mask));
  const end = process.hrtime.bigint();
  const { decode, preprocess, infer, postprocess } = outcome.timings;
  return {
    decode: decode + Number(opened - start),
    preprocess,
    infer,
    postprocess,
    write: Number(end - segmented),
    total: Number(end - start),
  };
}

/** Milliseconds that the studio's own call takes beyond what its timings name, on the sample nearest to one megapixel. */
async function studioOverhead(): Promise<{ megapixels: number; median: number; n: number }> {
  const emit = (): void => undefined;
  const { handlers, close } = await createStudio({
    dataDirectory: join(work, 'studio'),
    resourcesDirectory: 'resources',
    access: unrestrictedAccess,
    emit,
  });
  const context = { signal: new AbortController().signal };
  const open = { modelId: 'street-b0', runtime: 'onnxruntime', threads: 0 } as const;
  const { id: sessionId } = await handlers['session.open'](open, context);
  const sizes: { id: string; pixels: number }[] = [];
  for (const { id } of await handlers['pictures.samples']({}, context)) {
    const { width, height } = await handlers['pictures.open']({ pictureId: id }, context);
    sizes.push({ id, pixels: width * height });
  }
  const [nearest] = sizes.sort((a, b) => Math.abs(a.pixels - 1e6) - Math.abs(b.pixels - 1e6));
  if (nearest === undefined) throw new Error('There are no samples.');
  const beyond: number[] = [];
  for (let run = -2; run < OVERHEAD_RUNS; run++) {
    const start = process.hrtime.bigint();
    const { timings } = await handlers['session.segment']({ sessionId, pictureId: nearest.id, fresh: true }, context);
    if (run >= 0) beyond.push(Number(process.hrtime.bigint() - start) - timings.total);
  }
  await close();
  return { megapixels: nearest.pixels / 1e6, median: milliseconds(median(beyond)), n: beyond.length };
}

/** The same network, ended in Resize and ArgMax, for the Python way that leaves both to onnxruntime. */
async function graphWithMask(model: ModelSummary): Promise<string> {
  const path = join(work, 'with-mask.onnx');
  const graph = await openModel(model.path);
  await runPass(graph, maskOutput({ size: 'from-input' }));
  await saveModel(graph, path);
  graph.close();
  return path;
}

function maskPath(contender: string, picture: string): string {
  mkdirSync(join(work, contender), { recursive: true });
  return join(work, contender, `${picture}.png`);
}

/** Share of pixels that have the same class, for each picture. */
async function agreements(pictures: readonly string[], one: string, other: string): Promise<number[]> {
  return Promise.all(
    pictures.map(async (picture) => {
      const [a, b] = await Promise.all(
        [one, other].map((name) => sharp(maskPath(name, picture)).extractChannel(0).raw().toBuffer()),
      );
      if (a === undefined || b === undefined || a.length !== b.length)
        throw new Error(`The masks of ${picture} differ in size.`);
      let equal = 0;
      for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal += 1;
      return equal / a.length;
    }),
  );
}

function report(
  times: Map<string, Map<string, Times[]>>,
  agreement: readonly number[],
  studioOverheadMs: { megapixels: number; median: number; n: number },
  versions: Record<string, string>,
  threads: number,
): void {
  // For each contender and stage the sum over the pictures of the medians over the rounds.
  const summary = Object.fromEntries(
    [...times].map(([name, byPicture]) => [
      name,
      Object.fromEntries(
        stages.map((stage) => [
          stage,
          sum([...byPicture.values()].map((list) => median(list.map((each) => each[stage])))),
        ]),
      ),
    ]),
  );
  const total = (name: string): number => summary[name]?.['total'] ?? NaN;
  const python = Math.min(total('pythonNumpy'), total('pythonGraph'));
  const result = {
    ...occasion('cpu'),
    device: machine(),
    versions,
    threads,
    /** Of the machine when the measurement ended; contenders themselves keep `threads` cores busy. */
    loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    pictures: times.get('studio')?.size ?? 0,
    rounds,
    how: 'Sums over the pictures of medians over the rounds, milliseconds; contenders take turns, a first round warms up.',
    milliseconds: Object.fromEntries(
      Object.entries(summary).map(([name, row]) => [
        name,
        Object.fromEntries(Object.entries(row).map(([stage, value]) => [stage, milliseconds(value)])),
      ]),
    ),
    ratio: ratio(total('studio'), python),
    ratioSameGraph: ratio(total('studioSameGraph'), python),
    ratioToNumpy: ratio(total('studio'), total('pythonNumpy')),
    studioOverheadMs,
    agreementWithPython: { lowest: Math.min(...agreement), mean: sum(agreement) / agreement.length },
  };
  record('cpu', result);
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));
