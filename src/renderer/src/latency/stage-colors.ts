import type { Stage } from './latency-stats';

/** Told apart by those who see few colours, too: neighbours differ in lightness. Readable on dark and light grey. */
export const stageColors: Readonly<Record<Stage, string>> = {
  decode: '#8c6bb1',
  wait: '#9a9a9a',
  pre: '#3f9c8f',
  transfer: '#c9a227',
  infer: '#4a86d8',
  post: '#d9793a',
  draw: '#c0587e',
};
export const pinnedColor = '#e8e8e8';
