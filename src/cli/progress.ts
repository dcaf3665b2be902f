import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal';

export interface Progress {
  /** `text` says what is under way. */
  update(done: number, total: number, text: string): void;
  stop(): void;
}

const silent: Progress = { update: () => undefined, stop: () => undefined };

/** A bar on stderr where that is a terminal; nothing elsewhere, so that logs stay readable. */
export function showProgress(terminal: Terminal, unit: 'pictures' | 'bytes' | 'steps'): Progress {
  const { stderr } = terminal.io;
  if (stderr.isTTY !== true) return silent;
  const bar = new SingleBar({
    stream: stderr as NodeJS.WritableStream,
    // Steps are made up: only their share says something.
    format: unit === 'steps' ? '{bar} {percentage} % · {text}' : '{bar} {percentage} % · {value}/{total} · {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false,
    emptyOnZero: true,
    formatValue: (value, _options, type) =>
      unit === 'bytes' && (type === 'value' || type === 'total') ? formatBytes(value) : String(value),
  });
  let state: { done: number; total: number; text: string } | null = null;
  const draw = (): void => {
    if (state !== null) bar.start(state.total, state.done, { text: state.text });
  };
  // The bar remembers where on the screen it began and goes back there when it ends: it must end before a line is
  // written and begin anew below it, or it would end over that line.
  const detach = terminal.attachBar({
    hide: () => {
      if (state !== null) bar.stop();
    },
    show: draw,
  });
  return {
    update: (done, total, text) => {
      const first = state === null;
      state = { done, total, text };
      if (first) return draw();
      bar.setTotal(total);
      bar.update(done, { text });
    },
    stop: () => {
      detach();
      if (state !== null) bar.stop();
      state = null;
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
