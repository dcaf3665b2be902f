import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal';

export interface Progress {
  /** `text` says what is under way. */
  update(done: number, total: number, text: string): void;
  stop(): void;
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

/** A bar on stderr where that is a terminal; nothing elsewhere, so that logs stay readable. */
export function showProgress(terminal: Terminal, unit: 'pictures' | 'bytes'): Progress {
  const { stderr } = terminal.io;
  if (stderr.isTTY !== true) return silent;
  const bar = new SingleBar({
    stream: stderr as NodeJS.WritableStream,
    format: '{bar} {percentage} % · {value}/{total} · {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
    emptyOnZero: true,
    forceRedraw: true,
    formatValue: (value, _options, type) =>
      unit === 'bytes' && (type === 'value' || type === 'total') ? formatBytes(value) : String(value),
  });
  let started = false;
  const detach = terminal.attachBar({
    hide: () => {
      if (started) stderr.write('\r\u001b[K');
    },
    show: () => {
      if (started) bar.render();
    },
  });
  return {
    update: (done, total, text) => {
      if (started) bar.setTotal(total);
      else bar.start(total, done, { text });
      started = true;
      bar.update(done, { text });
    },
    stop: () => {
      detach();
      if (started) bar.stop();
      started = false;
    },
  };
}

/** `15.2 MB`, in powers of ten as hubs and disks count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}
