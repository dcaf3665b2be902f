import type { TunePoint } from './domain/tuning';

/** What a build does after its compiler has ended. */
export const provingDetail = 'comparing with ONNX Runtime';

/** Such as `stage 1, block 2, attention alone` and `3 blocks kept`. */
export function trialName({ kind, blocks }: Pick<TunePoint, 'kind' | 'blocks'>): string {
  if (kind === 'alone') return `${blocks[0] ?? ''} alone`;
  return blocks.length === 0 ? everything : `${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} kept`;
}

const everything = 'all in 8 bits';

/** What the words after a phase say, where they were made here: phases cross processes as they are, and shells translate them. */
export type PhaseDetail =
  | { readonly kind: 'proving' | 'everything' }
  | { readonly kind: 'kept'; readonly count: number }
  | { readonly kind: 'alone'; readonly block: string };

/** Null for what a runtime calls its own steps, and for names. */
export function readPhaseDetail(phase: string, detail: string): PhaseDetail | null {
  if (phase === 'build') return detail === provingDetail ? { kind: 'proving' } : null;
  if (phase !== 'tune') return null;
  if (detail === everything) return { kind: 'everything' };
  const [, count] = /^(\d+) blocks? kept$/.exec(detail) ?? [];
  if (count !== undefined) return { kind: 'kept', count: Number(count) };
  const [, block] = /^(.+) alone$/.exec(detail) ?? [];
  return block === undefined ? null : { kind: 'alone', block };
}
