import { expect, it } from 'vitest';
import { batchOrderSchema } from '../../shared/batch-contract';
import type { OpenSession } from '../sessions/session-registry';
import { wishOf } from './fitting';

function look(style: object, color: [number, number, number] = [1, 2, 3]): string {
  const order = batchOrderSchema.parse({ sessionId: 's', input: '/in', output: '/out', formats: ['overlay'], style });
  const model = { labels: [{ id: 0, name: 'road', color }] };
  return wishOf(order, { identity: 'net', model } as unknown as OpenSession).look;
}

it.each<[string, object, object, boolean]>([
  ['the width of outlines that are not drawn', { outlineWidth: 2 }, { outlineWidth: 5 }, true],
  ['the width of outlines', { mode: 'outline', outlineWidth: 2 }, { mode: 'outline', outlineWidth: 5 }, false],
  ['opacity', { opacity: 0.5 }, { opacity: 0.6 }, false],
  ['a colour', {}, { colors: { '0': [9, 9, 9] } }, false],
  ['a hidden class', {}, { hidden: [0] }, false],
])('%s: the same look or another', (_what, one, other, isSame) => {
  expect(look(one) === look(other)).toBe(isSame);
});

it('looks otherwise in the colours of another model', () => {
  expect(look({}, [1, 2, 3])).not.toBe(look({}, [3, 2, 1]));
});
