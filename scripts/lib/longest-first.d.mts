import type { BaseSequencer } from 'vitest/node';

export declare function longestFirst(longest: readonly RegExp[]): typeof BaseSequencer;
