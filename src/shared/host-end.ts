/**
 * Why an engine host is away, in sentences. They cross processes, and the close of a WebSocket, as they are; the window
 * translates by their keys.
 */
export const hostEnds = {
  SIGKILL: 'The engine host crashed: it was ended by force (SIGKILL), by hand or because memory ran out.',
  SIGSEGV: 'The engine host crashed: a memory fault in native code (SIGSEGV).',
  SIGBUS: 'The engine host crashed: a memory fault in native code (SIGBUS).',
  SIGABRT: 'The engine host crashed: native code gave up (SIGABRT).',
  SIGILL: 'The engine host crashed: this processor lacks an instruction that native code used (SIGILL).',
  SIGTERM: 'The engine host crashed: it was asked to end (SIGTERM).',
  unexplained: 'The engine host ended unexpectedly, and the system does not say why.',
  deviceLost:
    'The GPU was lost after a fault in one of its programs. The engine host ended so that a new one can open it.',
  stopped: 'The engine host was stopped.',
  disconnected: 'The connection to the studio was lost.',
} as const;

export type HostEnd = keyof typeof hostEnds;

const ends: ReadonlyMap<string, HostEnd> = new Map(
  Object.entries(hostEnds).map(([key, sentence]) => [sentence, key as HostEnd]),
);

export function endedWithCode(code: number | string): string {
  return `The engine host ended unexpectedly with exit code ${code}.`;
}

/** What a sentence says; null for one that was not made here, such as an error of its start. */
export function readHostEnd(sentence: string): { readonly end: HostEnd } | { readonly exitCode: number } | null {
  const end = ends.get(sentence);
  if (end !== undefined) return { end };
  const exitCode = Number(/exit code (-?\d+)\.$/.exec(sentence)?.[1] ?? Number.NaN);
  return sentence === endedWithCode(exitCode) ? { exitCode } : null;
}
