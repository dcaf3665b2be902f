import { stages, summarise, totalOf } from './latency-stats';
import type { LatencyRun } from './latency-store';

/** RFC 4180; milliseconds with microseconds behind the point. */
export function samplesAsCsv({ samples }: LatencyRun): string {
  const header = ['frame', 'at_ms', 'warm_up', ...stages.map((stage) => `${stage}_ms`), 'total_ms'];
  const rows = samples.map((sample) => [
    sample.frame,
    sample.at.toFixed(3),
    sample.warmUp ? 1 : 0,
    ...stages.map((stage) => sample.stages[stage].toFixed(3)),
    totalOf(sample).toFixed(3),
  ]);
  return [header, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

export function samplesAsJson(run: LatencyRun): string {
  const { title, subject, dropped, samples } = run;
  const last = samples[samples.length - 1]?.at ?? 0;
  return `${JSON.stringify({ title, subject, dropped, unit: 'ms', summary: summarise(samples, last), samples }, null, 2)}\n`;
}
