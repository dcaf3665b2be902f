import type { Command } from 'commander';
import { resolve } from 'node:path';
import { collectRanges } from '../onnx/activation-ranges';
import { fixModel } from '../onnx/fix';
import type { FixOptions, FixReport } from '../onnx/fix';
import { saveModel } from '../onnx/model-write';
import { sampleSize } from '../onnx/verify/samples';
import type { CliContext } from './context';
import { contextOf } from './context';
import { exitCodes } from './cli-io';
import { withModel } from './onnx-inspect';
import type { SizeOptions } from './onnx-inspect';
import { describeVerdict, pictures } from './onnx-verify';
import { usageError } from './terminal';

interface FixCommandOptions extends SizeOptions {
  readonly out: string;
  readonly pass?: readonly string[];
  readonly dynamic?: boolean;
  readonly layernorm: 'native' | 'plugin' | 'keep';
  readonly verify: boolean;
  readonly json?: boolean;
}

export async function fixCommand(path: string, options: FixCommandOptions, command: Command): Promise<void> {
  const { height, width, batch, dynamic } = options;
  const hasSize = height !== undefined || width !== undefined || batch !== undefined;
  if (hasSize && dynamic === true)
    throw usageError('--dynamic lets sizes vary, and --height, --width or --batch pin them.');
  await run(contextOf(command), path, options, {
    layerNorm: options.layernorm,
    ...(options.pass === undefined ? {} : { passes: options.pass }),
    ...(dynamic === true ? { target: 'dynamic' } : {}),
    ...(hasSize
      ? {
          target: {
            ...(height === undefined ? {} : { height }),
            ...(width === undefined ? {} : { width }),
            ...(batch === undefined ? {} : { batch }),
          },
        }
      : {}),
  });
}

interface ConvertOptions {
  readonly out: string;
  readonly precision: 'fp16' | 'bf16';
  readonly images?: string;
  readonly verify: boolean;
  readonly json?: boolean;
}

export async function convertCommand(path: string, options: ConvertOptions, command: Command): Promise<void> {
  const pass = options.precision === 'fp16' ? 'to-float16' : 'to-bfloat16';
  const context = contextOf(command);
  const { images } = options;
  if (images === undefined) return run(context, path, options, { passes: [pass] });
  const ranges = await withModel(context, path, (model) => {
    const samples = pictures(resolve(context.io.cwd, images), sampleSize(model));
    return collectRanges(model, { samples, signal: context.signal });
  });
  await run(context, path, options, { passes: [pass], precision: { ranges } });
}

interface Destination {
  readonly out: string;
  readonly verify: boolean;
  readonly json?: boolean;
}

async function run(context: CliContext, path: string, destination: Destination, fix: FixOptions): Promise<void> {
  const { terminal, io, signal } = context;
  const out = resolve(io.cwd, destination.out);
  if (out === resolve(io.cwd, path)) {
    throw usageError('The result would overwrite the model it is made from.', 'Name another file after --out.');
  }
  await withModel(context, path, async (original) => {
    const { model, report } = await fixModel(original, {
      ...fix,
      verify: destination.verify,
      signal,
      onPass: (name) => (destination.json === true ? undefined : terminal.note(`${name} …`)),
    });
    await saveModel(model, out);
    if (destination.json === true) terminal.json({ file: original.fileName, out, ...report });
    else print(context, report, out);
    if (report.verdict?.isEqual === false) context.fail(exitCodes.someFailed);
  });
}

function print({ terminal }: CliContext, report: FixReport, out: string): void {
  for (const { pass, findings, nodesBefore, nodesAfter } of report.passes) {
    const count =
      findings.length === 0 ? 'nothing found' : `${findings.length} found, ${nodesBefore} → ${nodesAfter} nodes`;
    terminal.line(`${terminal.paint('bold', pass)}  ${count}`);
    for (const { nodes, reason, before, after } of findings.slice(0, 2)) {
      const shapes = before === undefined || after === undefined ? '' : ` ${before} → ${after}`;
      terminal.line(`  ${nodes[0] ?? ''}${shapes}: ${reason}`);
    }
    if (findings.length > 2) terminal.line(`  … and ${findings.length - 2} more`);
  }
  terminal.line(`${report.nodesBefore} → ${report.nodesAfter} nodes, written to ${out}`);
  if (report.verdict !== undefined) describeVerdict(terminal, report.verdict);
  if (report.unverified !== undefined)
    terminal.warning(`Not compared with the original, which does not run: ${report.unverified}`);
}
