import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../src/shared/app-error';
import { copyModel } from '../src/onnx/copy';
import { DataType } from '../src/onnx/data-type';
import { fixModel } from '../src/onnx/fix';
import { openModel } from '../src/onnx/model';
import type { OnnxModel } from '../src/onnx/model';
import { saveModel } from '../src/onnx/model-write';
import { countNodes, runPass } from '../src/onnx/pass';
import { createPass } from '../src/onnx/passes/registry';
import type { PassSettings } from '../src/onnx/passes/registry';
import { verifyModels } from '../src/onnx/verify';
import { ModelRunner } from '../src/onnx/verify/runner';
import { feedsFor, IMAGENET_FORM, randomSamples } from '../src/onnx/verify/samples';

/*
 * npm run bench -- onnx-matrix [only]: every committed fixture through every pass. A result must be found where the
 * fixture's index says so, be valid for onnx.checker (FIXTURES_PYTHON names a Python that has onnx), run on ONNX Runtime
 * and give the fixture's logits within the pass's tolerance; what `fix` opens must run at three sizes and at batch 4.
 */

interface Expectation {
  readonly file: string;
  readonly dynamic: boolean;
  readonly half: boolean;
  readonly form: string;
  readonly height: number;
  readonly width: number;
  readonly expect: Readonly<Record<string, number | string | boolean>>;
}

interface Cell {
  readonly pass: string;
  outcome: string;
  findings: number;
  expected?: number;
  nodesBefore: number;
  nodesAfter: number;
  milliseconds: number;
  maxRelative?: number;
  tolerance?: number;
  pixelAgreement?: number;
  checker?: string;
  runsAt?: string[];
}

interface Column {
  readonly name: string;
  readonly passes: readonly string[];
  readonly settings?: PassSettings;
  readonly expectation?: string;
  readonly opens?: boolean;
}

const ROOT = process.cwd();
const SMALL = join(ROOT, 'tools/fixtures/models/small');
const OUT = join(ROOT, 'out/bench/onnx-matrix');
const HALF_TOLERANCE = 3e-2;
/** Class ids have no distance: masks must agree. In 16 bits some pixels on borders may fall the other way. */
const LEAST_AGREEMENT = { exact: 0.9999, low: 0.99 };
const LARGE = [
  { batch: 1, height: 256, width: 256 },
  { batch: 1, height: 512, width: 1024 },
  { batch: 1, height: 1024, width: 1024 },
  { batch: 4, height: 256, width: 256 },
];

const COLUMNS: readonly Column[] = [
  { name: 'simplify', passes: ['simplify'] },
  { name: 'shape-reshape', passes: ['shape-reshape'], expectation: 'shape-reshape' },
  { name: 'dynamic-flatten', passes: ['dynamic-flatten'] },
  { name: 'make-dynamic', passes: ['make-dynamic'], opens: true },
  { name: 'set-shapes', passes: ['set-shapes'], settings: { sizes: { batch: 1, height: 64, width: 96 } } },
  { name: 'fuse-layernorm native', passes: ['fuse-layernorm'], expectation: 'fuse-layernorm' },
  {
    name: 'fuse-layernorm plugin',
    passes: ['fuse-layernorm'],
    settings: { layerNorm: 'plugin' },
    expectation: 'fuse-layernorm:plugin',
  },
  { name: 'fold-decode-head', passes: ['fold-decode-head'], expectation: 'fold-decode-head' },
  { name: 'image-input', passes: ['image-input'] },
  { name: 'mask-output', passes: ['mask-output'] },
  { name: 'to-float16', passes: ['to-float16'] },
  { name: 'to-bfloat16', passes: ['to-bfloat16'] },
];

async function main(): Promise<void> {
  const [only = ''] = process.argv.slice(2);
  const fixtures = (JSON.parse(readFileSync(join(SMALL, 'index.json'), 'utf8')) as Expectation[]).filter(({ file }) =>
    file.includes(only),
  );
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const rows: { fixture: string; cells: Cell[] }[] = [];
  const written = new Map<string, Cell>();
  for (const fixture of fixtures) {
    const cells: Cell[] = [];
    for (const column of COLUMNS) {
      const path = join(OUT, `${fixture.file.replace('.onnx', '')}--${column.name.replace(' ', '-')}.onnx`);
      const cell = await runCell(fixture, column, path);
      if (cell.outcome !== 'refused' && cell.findings > 0) written.set(path, cell);
      cells.push(cell);
    }
    for (const target of ['as it is', 'dynamic'] as const) {
      const path = join(OUT, `${fixture.file.replace('.onnx', '')}--fix-${target.replaceAll(' ', '-')}.onnx`);
      const cell = await runFix(fixture, target, path);
      if (cell.outcome !== 'refused') written.set(path, cell);
      cells.push(cell);
    }
    rows.push({ fixture: fixture.file, cells });
    console.error(
      `${fixture.file}: ${cells.map(({ pass, outcome, findings }) => `${pass} ${outcome} (${findings})`).join(', ')}`,
    );
  }
  const checker = runChecker(written);
  const failed = rows.flatMap(({ fixture, cells }) =>
    cells.filter(({ outcome }) => outcome === 'failed').map((cell) => ({ fixture, ...cell })),
  );
  const summary = { fixtures: rows.length, cells: rows.length * (COLUMNS.length + 2), failed: failed.length, checker };
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const result = { command: 'npm run bench -- onnx-matrix', machine, summary, rows };
  if (only === '')
    writeFileSync(join(ROOT, 'bench/results/onnx-matrix.json'), `${JSON.stringify(result, undefined, 1)}\n`);
  console.log(JSON.stringify({ summary, failed }, undefined, 1));
  if (failed.length > 0) process.exitCode = 1;
}

async function runCell(fixture: Expectation, column: Column, path: string): Promise<Cell> {
  const original = await openModel(join(SMALL, fixture.file));
  const cell: Cell = {
    pass: column.name,
    outcome: 'nothing to do',
    findings: 0,
    nodesBefore: countNodes(original),
    nodesAfter: 0,
    milliseconds: 0,
  };
  const expected = column.expectation === undefined ? undefined : fixture.expect[column.expectation];
  if (typeof expected === 'number') cell.expected = expected;
  try {
    const model = copyModel(original);
    let tolerance = await apply(model, column, column.settings, cell);
    cell.nodesAfter = countNodes(model);
    if (typeof expected === 'number' && expected !== cell.findings) cell.outcome = 'failed';
    else if (cell.findings > 0) {
      await saveModel(model, path);
      if (fixture.half) tolerance = Math.max(tolerance, HALF_TOLERANCE);
      await compare(original, model, fixture, tolerance, cell, column.settings?.sizes !== undefined);
      if (column.opens === true) cell.runsAt = await runAt(model, LARGE.slice(-1));
    }
  } catch (error) {
    settle(cell, error);
  }
  original.close();
  return cell;
}

async function apply(
  model: OnnxModel,
  column: Column,
  settings: PassSettings | undefined,
  cell: Cell,
): Promise<number> {
  let tolerance = 0;
  for (const name of column.passes) {
    const pass = createPass(name, settings);
    if (pass === undefined) throw new Error(`no pass ${name}`);
    const report = await runPass(model, pass);
    cell.findings += report.findings.length;
    cell.milliseconds += Math.round(report.milliseconds);
    tolerance += report.tolerance.relative;
  }
  return tolerance;
}

async function compare(
  original: OnnxModel,
  model: OnnxModel,
  fixture: Expectation,
  tolerance: number,
  cell: Cell,
  pinned: boolean,
): Promise<void> {
  const exported = { batch: 1, height: fixture.height, width: fixture.width };
  // What is frozen inside runs at the export size only, whatever the input declares.
  const size = pinned
    ? { batch: 1, height: 64, width: 96 }
    : fixture.expect['frozen'] === true || !fixture.dynamic
      ? exported
      : { batch: 2, height: 64, width: 96 };
  const verdict = await verifyModels(original, model, {
    samples: randomSamples(1, size),
    tolerance: { relative: tolerance },
  });
  const [output] = verdict.outputs;
  cell.tolerance = tolerance;
  if (output?.difference !== undefined) cell.maxRelative = Number(output.difference.maxRelative.toPrecision(3));
  if (verdict.pixelAgreement !== undefined) cell.pixelAgreement = Number(verdict.pixelAgreement.toPrecision(6));
  const least = tolerance >= HALF_TOLERANCE ? LEAST_AGREEMENT.low : LEAST_AGREEMENT.exact;
  if (fixture.form === 'class-ids') {
    delete cell.maxRelative;
    cell.outcome = (verdict.pixelAgreement ?? 0) >= least ? 'equal' : 'failed';
  } else cell.outcome = verdict.isEqual ? 'equal' : 'failed';
}

async function runFix(fixture: Expectation, target: 'as it is' | 'dynamic', path: string): Promise<Cell> {
  const original = await openModel(join(SMALL, fixture.file));
  const cell: Cell = {
    pass: `fix ${target}`,
    outcome: 'equal',
    findings: 0,
    nodesBefore: countNodes(original),
    nodesAfter: 0,
    milliseconds: 0,
  };
  try {
    const started = performance.now();
    const { model, report } = await fixModel(original, { verify: false, ...(target === 'dynamic' ? { target } : {}) });
    cell.milliseconds = Math.round(performance.now() - started);
    cell.findings = report.passes.reduce((sum, pass) => sum + pass.findings.length, 0);
    cell.nodesAfter = report.nodesAfter;
    await saveModel(model, path);
    const stated = report.passes.reduce(
      (sum, pass) => sum + (pass.findings.length > 0 ? pass.tolerance.relative : 0),
      0,
    );
    const isHalf =
      fixture.half || [...model.graph.initializers.values()].some(({ dataType }) => dataType === DataType.FLOAT16);
    await compare(original, model, fixture, isHalf ? HALF_TOLERANCE : stated, cell, false);
    if (target === 'dynamic') cell.runsAt = await runAt(model, LARGE);
  } catch (error) {
    settle(cell, error);
  }
  original.close();
  return cell;
}

/** A coded refusal is an answer, anything else is a fault. */
function settle(cell: Cell, error: unknown): void {
  cell.outcome = error instanceof AppError ? 'refused' : 'failed';
  cell.checker = error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
}

/** @returns the sizes that it ran at, N x H x W; throws at the first that fails. */
async function runAt(model: OnnxModel, sizes: typeof LARGE): Promise<string[]> {
  const done: string[] = [];
  const runner = await ModelRunner.open(model);
  try {
    for (const size of sizes) {
      for (const sample of randomSamples(1, size)) {
        await runner.run(await feedsFor(runner.model, sample, IMAGENET_FORM, size.batch));
      }
      done.push(`${size.batch}x${size.height}x${size.width}`);
    }
  } finally {
    await runner.close();
  }
  return done;
}

function runChecker(written: ReadonlyMap<string, Cell>): string {
  const python = process.env['FIXTURES_PYTHON'];
  if (python === undefined) return 'not run: FIXTURES_PYTHON names no Python with onnx';
  const output = execFileSync(python, [join(ROOT, 'bench/python/check_onnx.py')], {
    input: [...written.keys()].join('\n'),
    maxBuffer: 2 ** 26,
    encoding: 'utf8',
  });
  const { onnx, results } = JSON.parse(output) as { onnx: string; results: Readonly<Record<string, string>> };
  for (const [path, cell] of written) {
    cell.checker = results[path] ?? 'not checked';
    if (cell.checker !== 'ok') cell.outcome = 'failed';
  }
  return `onnx ${onnx}`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
