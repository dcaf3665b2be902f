import type { ClassShare, Timings } from './domain/mask';

/** One frame of a per-frame table. */
export interface FrameRow {
  readonly frame: number;
  readonly seconds: number;
  readonly classes: readonly ClassShare[];
  readonly timings: Timings;
}

const header = ['frame', 'time_s', 'class_id', 'label', 'pixels', 'share', 'infer_ms', 'total_ms'];

export function frameTableHeader(): string {
  return line(header);
}

/** RFC 4180; one row for each class of the frame, most frequent first. */
export function frameTableRows({ frame, seconds, classes, timings }: FrameRow): string {
  const milliseconds = [timings.infer, timings.total].map((value) => (value / 1e6).toFixed(3));
  return classes
    .map(({ id, label, pixels, share }) =>
      line([frame, seconds.toFixed(6), id, label, pixels, share.toFixed(8), ...milliseconds]),
    )
    .join('');
}

function line(fields: readonly (string | number)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
