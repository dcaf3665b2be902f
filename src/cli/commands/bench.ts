import type { Command } from 'commander';
import type { ImageShape } from '../../shared/domain/engine';
import type { BenchReport, Distribution, EndToEnd, GpuCondition } from '../../shared/domain/engine-measurement';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import { amountOf, countOf, shapeOf } from '../parse-engine-options';
import { wholeNumber } from '../parse-option';
import { formatBytes } from '../progress';
import { table } from '../table';

interface BenchCommandOptions {
  readonly shape?: ImageShape;
  readonly iterations: number;
  readonly warmUp: number;
  readonly seconds: number;
  readonly cudaGraph: boolean;
  readonly transfers: boolean;
  readonly endToEnd?: boolean;
  readonly json?: boolean;
}

export function registerBench(program: Command): void {
  program
    .command('bench')
    .summary('measure an engine')
    .description(
      'Measures an engine by itself, in the words of trtexec, so that figures can be laid side by side. Warm-up is never ' +
        'counted.',
    )
    .argument('<engine>', 'id of an engine, or its beginning')
    .option('--shape <shape>', 'batch and size: 1x3x1024x1024 (default: what the engine is made for)', shapeOf)
    .option('--iterations <count>', 'timed iterations', countOf, 200)
    .option('--warm-up <milliseconds>', 'run this long before', wholeNumber, 200)
    .option('--seconds <number>', 'go on for at least this long', amountOf, 0)
    .option('--no-cuda-graph', 'start each kernel by itself')
    .option('--no-transfers', 'leave the copies to and from the device out')
    .option('--end-to-end', 'also from RGBA pixels in host memory to masks in host memory; on a processor always')
    .option('--json', 'print one JSON object')
    .action(async (engineId: string, options: BenchCommandOptions, self: Command) => {
      const context = contextOf(self);
      const { shape, iterations, warmUp, seconds, cudaGraph, transfers, endToEnd, json } = options;
      const report = await withStudio(context, (studio) =>
        studio.call('engines.bench', {
          engineId,
          options: {
            ...(shape === undefined ? {} : { shape }),
            iterations,
            warmUpMs: warmUp,
            minSeconds: seconds,
            cudaGraph,
            transfers,
            endToEnd: endToEnd === true,
          },
        }),
      );
      if (json === true) context.terminal.json(report);
      else describeBench(report).forEach((line) => context.terminal.line(line));
    });
}

function describeBench(report: BenchReport): string[] {
  const { engine, device, driver, shape, iterations, cudaGraph, deviceBytes } = report;
  const isGpu = report.threads === null;
  const rows: [string, Distribution | null][] = [
    [isGpu ? 'GPU Compute Time' : 'CPU Compute Time', report.gpuComputeTime],
    ['H2D Latency', report.h2dLatency],
    ['D2H Latency', report.d2hLatency],
    ['Enqueue Time', report.enqueueTime],
    ['Latency', report.latency],
  ];
  return [
    `${engine.id}  ${engine.modelName} · ${engine.precision.toUpperCase()} · ${shape.batch}x${shape.height}x${shape.width}`,
    `${device}${driver === '' ? '' : `, driver ${driver}`} · ${iterations} iterations${cudaGraph ? ', CUDA graph' : ''}` +
      (deviceBytes === null ? '' : ` · ${formatBytes(deviceBytes)} on the device`),
    ...distributions(rows),
    `Throughput: ${report.throughputQps.toFixed(1)} qps (${report.imagesPerSecond.toFixed(1)} pictures a second)`,
    ...report.endToEnd.flatMap((each) => describeEndToEnd(each, isGpu)),
    ...describeCondition('before', report.before),
    ...describeCondition('after', report.after),
  ];
}

function describeEndToEnd({ pinned, iterations, stages, overheadMs }: EndToEnd, isGpu: boolean): string[] {
  const where = pinned ? 'memory that the device reads directly' : 'ordinary memory';
  const all = ['transferIn', 'preprocess', 'infer', 'postprocess', 'transferOut', 'total'] as const;
  // Nothing is carried to a processor.
  const names = isGpu ? all : (['preprocess', 'infer', 'postprocess', 'total'] as const);
  return [
    '',
    `End to end, ${iterations} iterations, pixels and masks in ${where}: ${overheadMs.toFixed(3)} ms beside the network`,
    ...distributions(names.map((name) => [name, stages[name]])),
  ];
}

function distributions(rows: readonly (readonly [string, Distribution | null])[]): string[] {
  const columns = ['min', 'max', 'mean', 'median', 'p90', 'p95', 'p99'] as const;
  const known = rows.flatMap(([name, values]) => (values === null ? [] : [{ name, values }]));
  return table([
    ['ms', ...columns],
    ...known.map(({ name, values }) => [name, ...columns.map((column) => values[column].toFixed(4))]),
  ]);
}

function describeCondition(when: string, condition: GpuCondition | null): string[] {
  if (condition === null) return [];
  const { smClockMHz, memoryClockMHz, temperatureC, powerW } = condition;
  const say = (value: number | null, unit: string): string => (value === null ? `– ${unit}` : `${value} ${unit}`);
  const facts = [
    say(smClockMHz, 'MHz'),
    `memory ${say(memoryClockMHz, 'MHz')}`,
    say(temperatureC, '°C'),
    say(powerW, 'W'),
  ];
  return [`GPU ${when}: ${facts.join(', ')}`];
}
