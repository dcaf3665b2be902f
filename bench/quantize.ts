/**
 * Calibration of the sample model on pictures of 512 x 512: the studio against ONNX Runtime's Python `quantize_static`
 * with entropy, on the same pictures; time, memory, and what is left of the masks of 24 held-out scenes.
 * `npm run bench -- quantize [pictures] [pictures for Python]`. Python holds the activations of all its pictures at once;
 * with more of them than fit, it is given a limit, which the result states.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIo } from '../src/onnx/describe-io';
import { fixModel } from '../src/onnx/fix';
import { openModel } from '../src/onnx/model';
import type { OnnxModel } from '../src/onnx/model';
import { saveModel } from '../src/onnx/model-write';
import { quantizeModel } from '../src/quantization/quantize-model';
import { RANGE_METHODS } from '../src/quantization/range-method';
import { parseManifest } from '../src/studio/library/manifest';
import { calibrateFolder } from '../src/studio/quantize/calibrate-folder';
import type { Calibration } from '../src/studio/quantize/calibrate-folder';
import type { InputForm } from '../src/studio/quantize/picture-inputs';
import { cutPieces, HeldOutScenes } from '../src/studio/quantize/testing';
import type { SceneMasks } from '../src/studio/quantize/testing';
import { pythonWith } from './python-process';
import { machine, occasion, record, runToEnd } from './record';

const SIDE = 512;
/** Pictures whose activations Python may hold at once: all of them take some 150 MB each. */
const PYTHON_LIMIT = 8;
const count = Number(process.argv[2] ?? 500);
const pythonCount = Number(process.argv[3] ?? count);
/** Set in the process that is measured, which does nothing else. */
const measured = process.env['BENCH_QUANTIZE_FOLDER'];
const work = measured ?? mkdtempSync(join(tmpdir(), 'bench-quantize-'));

interface Cost {
  readonly seconds: number;
  readonly mebibytes: number;
}

interface StudioCost extends Cost {
  /** How far the share of pictures done was from the share of time gone, at worst. */
  readonly progressError: number;
}

async function main(): Promise<void> {
  if (measured !== undefined) return measureStudio();
  const { model, form, classes } = await sampleModel();
  await saveModel(model, join(work, 'model.onnx'));
  await cutPieces(join(work, 'pictures'), Math.max(count, pythonCount));
  const studio = alone(count);
  // On as many pictures as Python gets, for a fair ratio.
  const studioSame = pythonCount === count ? studio : alone(pythonCount);
  const python = runPython(form);
  process.stderr.write('measured; now the masks\n');
  const scenes = await HeldOutScenes.open(form, classes);
  const reference = await scenes.masksOf(model);
  const { statistics } = await calibrate(model, form, count);
  const results = Object.fromEntries(
    await eachInTurn([...RANGE_METHODS], async (method) => {
      const masks = await scenes.masksOf(quantizeModel(model, statistics, { method }).model);
      return [method, quality(scenes, reference, masks)] as const;
    }),
  );
  const theirs = await scenes.masksOf(await openModel(join(work, 'python.onnx')));
  record('quantize', {
    ...occasion('quantize'),
    device: machine(),
    versions: { node: process.version },
    /** Of the machine when the measurement ended. */
    loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    pictures: count,
    side: SIDE,
    studio,
    pythonPictures: pythonCount,
    studioOnPythonsPictures: studioSame,
    python: { ...python, picturesHeldAtOnce: PYTHON_LIMIT },
    timeRatio: studioSame.seconds / python.seconds,
    memoryRatio: studioSame.mebibytes / python.mebibytes,
    heldOutScenes: scenes.count,
    referenceMeanIou: reference.meanIou,
    studioQuality: results,
    pythonQuality: quality(scenes, reference, theirs),
  });
}

async function sampleModel(): Promise<{ model: OnnxModel; form: InputForm; classes: number }> {
  const folder = join('resources', 'models', 'street-b0');
  const { preprocessing, labels } = parseManifest(readFileSync(join(folder, 'model.json'), 'utf8'), 'model.json');
  if (preprocessing === undefined) throw new Error('The sample model says nothing of its preprocessing.');
  const original = await openModel(join(folder, 'model.onnx'));
  const target = { batch: 1, height: SIDE, width: SIDE };
  const { model } = await fixModel(original, { target, verify: false });
  return { model, form: { input: describeIo(model).input, preprocessing }, classes: labels?.length ?? 0 };
}

function calibrate(
  model: OnnxModel,
  form: InputForm,
  pictures: number,
  onProgress?: (progress: { done: number; total: number }) => void,
): Promise<Calibration> {
  return calibrateFolder({
    model,
    form,
    folder: join(work, 'pictures'),
    count: pictures,
    cache: { directory: join(work, `cache-${pictures}`) },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** The studio's calibration in a process of its own. */
function alone(pictures: number): StudioCost {
  process.stderr.write(`the studio, ${pictures} pictures\n`);
  const env = { ...process.env, BENCH_QUANTIZE_FOLDER: work };
  const output = execFileSync(process.execPath, [__filename, `${pictures}`], { env, encoding: 'utf8' });
  return JSON.parse(output) as StudioCost;
}

async function measureStudio(): Promise<void> {
  const { model, form } = await sampleModel();
  const times: number[] = [];
  const start = performance.now();
  const { statistics } = await calibrate(model, form, count, () => times.push(performance.now() - start));
  quantizeModel(model, statistics, { method: 'entropy' });
  const end = performance.now() - start;
  const errors = times.map((time, index) => Math.abs((index + 1) / times.length - time / end));
  const cost: StudioCost = {
    seconds: end / 1000,
    mebibytes: process.resourceUsage().maxRSS / 1024,
    progressError: Math.max(...errors),
  };
  process.stdout.write(JSON.stringify(cost));
}

function runPython({ preprocessing }: InputForm): Cost {
  process.stderr.write(`Python, ${pythonCount} pictures\n`);
  const python = pythonWith(join('bench', 'python', 'requirements-quantize.txt'));
  const files = [join(work, 'model.onnx'), join(work, 'python.onnx'), join(work, 'pictures')];
  const numbers = [
    pythonCount,
    SIDE,
    JSON.stringify(preprocessing.mean),
    JSON.stringify(preprocessing.std),
    PYTHON_LIMIT,
  ];
  const args = [join('bench', 'python', 'quantize_baseline.py'), ...files, ...numbers.map(String)];
  const output = execFileSync(python, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Cost;
}

async function eachInTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function quality(scenes: HeldOutScenes, reference: SceneMasks, masks: SceneMasks): Record<string, number> {
  return { agreement: scenes.agreement(reference, masks), meanIouLoss: reference.meanIou - masks.meanIou };
}

runToEnd(main, () => {
  if (measured === undefined) rmSync(work, { recursive: true, force: true });
});
