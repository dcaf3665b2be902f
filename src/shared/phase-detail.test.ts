import { expect, it } from 'vitest';
import type { PhaseDetail } from './phase-detail';
import { provingDetail, readPhaseDetail, trialName } from './phase-detail';

it.each<[string, string, PhaseDetail | null]>([
  ['tune', trialName({ kind: 'without', blocks: [] }), { kind: 'everything' }],
  ['tune', trialName({ kind: 'without', blocks: ['a'] }), { kind: 'kept', count: 1 }],
  ['tune', trialName({ kind: 'without', blocks: ['a', 'b'] }), { kind: 'kept', count: 2 }],
  ['tune', trialName({ kind: 'alone', blocks: ['stage 1, block 2'] }), { kind: 'alone', block: 'stage 1, block 2' }],
  ['build', provingDetail, { kind: 'proving' }],
  ['build', 'all in 8 bits', null],
  ['build', 'Autotuning alone', null],
  ['tune', 'street.jpg', null],
])('reads %s: %s', (phase, detail, read) => expect(readPhaseDetail(phase, detail)).toEqual(read));
