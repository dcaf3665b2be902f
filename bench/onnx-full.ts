import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { copyModel } from '../src/onnx/copy';
import { fixModel } from '../src/onnx/fix';
import { countMacs } from '../src/onnx/macs';
import { openModel } from '../src/onnx/model';
import { saveModel } from '../src/onnx/model-write';
import { countNodes, runPass } from '../src/onnx/pass';
import { foldDecodeHead } from '../src/onnx/passes/fold-decode-head';
import { simplifyModel } from '../src/onnx/passes/simplify';
import { verifyModels } from '../src/onnx/verify';
import { randomSamples } from '../src/onnx/verify/samples';

/*
 * npm run bench -- onnx-full FOLDER [MODEL…]: full-size exports (tools/fixtures/export.py --full FOLDER) through `simplify` and
 * `fix`, each in a process of its own so that its peak memory is its own, against onnxsim in the same run
 * (FIXTURES_PYTHON), and what folding the decode head saves. Opening and saving count.
 */

const ROOT = process.cwd();
const OUT = join(ROOT, 'out/bench/onnx-full');
const RESULT = join(ROOT, 'bench/results/onnx-full.json');
const REPEATS = 2;

interface Measured {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly nodes: number;
}

type Child = 'simplify' | 'fix';

async function child(kind: Child, source: string, target: string): Promise<void> {
  const started = performance.now();
  const model = await openModel(source);
  let result = model;
  if (kind === 'simplify') await simplifyModel(model);
  else result = (await fixModel(model, { verify: false })).model;
  await saveModel(result, target);
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, peakBytes: process.resourceUsage().maxRSS * 1024, nodes: countNodes(result) }));
}

function measure(kind: Child, source: string, target: string): Measured {
  return best(() =>
    execFileSync(process.execPath, [process.argv[1] ?? '', '--child', kind, source, target], { encoding: 'utf8' }),
  );
}

/** The fastest of a few runs: other work on the machine only ever adds time. */
function best(run: () => string): Measured {
  const runs = Array.from({ length: REPEATS }, () => JSON.parse(run()) as Measured);
  return runs.reduce((one, other) => (other.seconds < one.seconds ? other : one));
}

async function folding(source: string, side: number): Promise<Record<string, unknown>> {
  const original = await openModel(source);
  const folded = copyModel(original);
  await runPass(folded, foldDecodeHead);
  const size = { height: side, width: side };
  const [before, after] = [countMacs(original, size)?.total ?? 0, countMacs(folded, size)?.total ?? 0];
  const verdict = await verifyModels(original, folded, { samples: randomSamples(1, { batch: 1, ...size }) });
  original.close();
  return {
    side,
    macsBefore: before,
    macsAfter: after,
    saved: Number((1 - after / before).toFixed(4)),
    maxRelative: verdict.outputs[0]?.difference?.maxRelative,
    pixelAgreement: verdict.pixelAgreement,
  };
}

async function fixVerdict(source: string, side: number): Promise<Record<string, unknown>> {
  const original = await openModel(source);
  const { report } = await fixModel(original, { sampleSize: { height: side, width: side } });
  original.close();
  return {
    isEqual: report.verdict?.isEqual,
    maxRelative: report.verdict?.outputs[0]?.difference?.maxRelative,
    pixelAgreement: report.verdict?.pixelAgreement,
    findings: report.passes.map(({ pass, findings }) => `${pass}: ${findings.length}`),
  };
}

/** B5 at 1024 takes minutes on two cores; 512 shows the same graph. */
const LEFT_OUT = /^b5-.*-1024$/;

function row(folder: string, name: string, python: string | undefined): Promise<Record<string, unknown>> {
  const source = join(folder, `${name}.onnx`);
  const side = name.endsWith('-1024') ? 1024 : 512;
  const target = join(OUT, 'result.onnx');
  const simplify = measure('simplify', source, target);
  const script = join(ROOT, 'bench/python/onnxsim_run.py');
  const onnxsim =
    python === undefined ? undefined : best(() => execFileSync(python, [script, source, target], { encoding: 'utf8' }));
  const fix = measure('fix', source, target);
  const { size: bytes } = statSync(source);
  return withProof(source, side, {
    model: name,
    bytes,
    simplify,
    ...(onnxsim === undefined ? {} : { onnxsim, timeRatio: Number((simplify.seconds / onnxsim.seconds).toFixed(3)) }),
    /** Without its proof, which `verdict` gives apart. */
    fix: { ...fix, peakOverFile: Number((fix.peakBytes / bytes).toFixed(2)) },
  });
}

async function withProof(source: string, side: number, measured: object): Promise<Record<string, unknown>> {
  const fold = await folding(source, side);
  return { ...measured, fold, ...(side === 1024 ? {} : { verdict: await fixVerdict(source, side) }) };
}

/** @param only names of models to measure again; the other rows of the last result stay. All when empty. */
async function main(folder: string, only: readonly string[]): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const found = readdirSync(folder).flatMap((file) => (file.endsWith('.onnx') ? [file.slice(0, -'.onnx'.length)] : []));
  const wanted = found.sort().filter((name) => (only.length > 0 ? only.includes(name) : !LEFT_OUT.test(name)));
  const kept = only.length > 0 && existsSync(RESULT) ? lastRows() : [];
  const rows = kept.filter(({ model }) => !wanted.includes(String(model)));
  for (const name of wanted) {
    const measured = await row(folder, name, process.env['FIXTURES_PYTHON']);
    rows.push(measured);
    console.error(JSON.stringify(measured));
  }
  rows.sort((one, other) => String(one['model']).localeCompare(String(other['model']), 'en'));
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const result = { command: 'npm run bench -- onnx-full FOLDER [MODEL…]', repeats: REPEATS, machine, rows };
  writeFileSync(RESULT, `${JSON.stringify(result, undefined, 1)}\n`);
  console.log(JSON.stringify(result, undefined, 1));
}

function lastRows(): Record<string, unknown>[] {
  return (JSON.parse(readFileSync(RESULT, 'utf8')) as { rows: Record<string, unknown>[] }).rows;
}

const [first = '', ...rest] = process.argv.slice(2);
const [kind = '', source = '', target = ''] = rest;
const work = first === '--child' ? child(kind === 'fix' ? 'fix' : 'simplify', source, target) : main(first, rest);
work.catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
