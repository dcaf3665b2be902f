import type { Command } from 'commander';
import { resolve } from 'node:path';
import { diffModels } from '../onnx/diff';
import type { ModelDiff } from '../onnx/diff';
import { inspectModel } from '../onnx/inspect';
import type { Inspection, TensorReport } from '../onnx/inspect';
import { openModel } from '../onnx/model';
import type { OnnxModel } from '../onnx/model';
import type { CliContext } from './context';
import { contextOf } from './context';
import { formatBytes } from './progress';
import { table } from './table';

export interface SizeOptions {
  readonly height?: number;
  readonly width?: number;
  readonly batch?: number;
}

interface InspectOptions extends SizeOptions {
  readonly findings: boolean;
  readonly json?: boolean;
}

/** Opens a model for as long as `use` takes. */
export async function withModel<T>(
  context: CliContext,
  path: string,
  use: (model: OnnxModel) => Promise<T>,
): Promise<T> {
  const model = await openModel(resolve(context.io.cwd, path), { weights: 'lazy' });
  try {
    return await use(model);
  } finally {
    model.close();
  }
}

export async function inspectCommand(path: string, options: InspectOptions, command: Command): Promise<void> {
  const context = contextOf(command);
  const inspection = await withModel(context, path, (model) => inspectModel(model, options));
  if (options.json === true) context.terminal.json(inspection);
  else print(context, inspection, options.findings);
}

function print({ terminal }: CliContext, inspection: Inspection, hasFindings: boolean): void {
  const { parameters, macs, io } = inspection;
  terminal.line(terminal.paint('bold', inspection.file));
  const opsets = Object.entries(inspection.opsets).map(([domain, version]) => `${domain} ${version}`);
  const rows = [
    ['format', `IR ${inspection.irVersion}, ${opsets.join(', ')}`],
    ['made by', inspection.producer || 'unknown'],
    ...inspection.inputs.map((input) => ['input', describe(input)]),
    ...inspection.outputs.map((output) => ['output', describe(output)]),
    [
      'segmentation',
      io === null ? `no: ${inspection.notSegmentation ?? ''}` : `${io.output.kind} in ${io.output.name}`,
    ],
    ['nodes', `${inspection.nodes}`],
    ['weights', `${parameters.count.toLocaleString('en')} (${formatBytes(parameters.bytes)})`],
  ];
  if (macs !== null) {
    const size = `${macs.batch} x ${macs.height} x ${macs.width}`;
    rows.push(['multiplications', `${(macs.total / 1e9).toFixed(2)} billion at ${size}`]);
    for (const { stage, macs: part, nodes } of macs.stages) {
      rows.push([`  ${stage}`, `${(part / 1e9).toFixed(2)} billion in ${nodes} nodes`]);
    }
  }
  table(rows).forEach((row) => terminal.line(row));
  terminal.line();
  const operators = Object.entries(inspection.operators).map(([name, count]) => `${name} ${count}`);
  terminal.line(`operators: ${operators.join(', ')}`);
  if (!hasFindings) return;
  terminal.line();
  for (const { pass, summary, findings, problem } of inspection.passes) {
    terminal.line(`${terminal.paint('bold', pass)}  ${summary}`);
    if (problem !== undefined) terminal.line(`  cannot be applied: ${problem}`);
    else if (findings.length === 0) terminal.line('  nothing found');
    for (const { nodes, reason, before, after } of findings.slice(0, 3)) {
      const shapes = before === undefined || after === undefined ? '' : ` ${before} → ${after}`;
      terminal.line(
        `  ${nodes[0] ?? ''}${nodes.length > 1 ? ` and ${nodes.length - 1} more` : ''}${shapes}: ${reason}`,
      );
    }
    if (findings.length > 3) terminal.line(`  … ${findings.length} in all`);
  }
}

function describe({ name, type, dims }: TensorReport): string {
  return `${name}  ${type} [${dims?.map((dim) => dim ?? '?').join(', ') ?? '…'}]`;
}

export async function diffCommand(
  path: string,
  otherPath: string,
  options: { readonly json?: boolean },
  command: Command,
): Promise<void> {
  const context = contextOf(command);
  const { terminal } = context;
  const diff = await withModel(context, path, (one) =>
    withModel(context, otherPath, (other) => Promise.resolve(diffModels(one, other))),
  );
  if (options.json === true) return terminal.json(diff);
  if (diff.isEqual) return terminal.line('The models are equal.');
  printDiff(context, diff);
}

function printDiff({ terminal }: CliContext, diff: ModelDiff): void {
  diff.model.forEach((change) => terminal.line(change));
  const operators = Object.entries(diff.operators).map(([name, change]) => `${name} ${change > 0 ? '+' : ''}${change}`);
  if (operators.length > 0) terminal.line(`operators: ${operators.join(', ')}`);
  for (const node of diff.removedNodes) terminal.line(terminal.paint('red', `- ${node}`));
  for (const node of diff.addedNodes) terminal.line(terminal.paint('green', `+ ${node}`));
  for (const { node, opType, changes } of diff.changedNodes)
    terminal.line(`~ ${opType} ${node}: ${changes.join('; ')}`);
  for (const weight of diff.removedWeights) terminal.line(terminal.paint('red', `- weight ${weight}`));
  for (const weight of diff.addedWeights) terminal.line(terminal.paint('green', `+ weight ${weight}`));
  for (const weight of diff.changedWeights) terminal.line(`~ weight ${weight}`);
}
