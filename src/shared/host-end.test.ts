import { expect, it } from 'vitest';
import { endedWithCode, hostEnds, readHostEnd } from './host-end';

it('reads each sentence back, and leaves others alone', () => {
  for (const [end, sentence] of Object.entries(hostEnds)) expect(readHostEnd(sentence)).toEqual({ end });
  expect(readHostEnd(endedWithCode(-3))).toEqual({ exitCode: -3 });
  expect(readHostEnd('')).toBeNull();
  expect(readHostEnd('Something else ended with exit code 3.')).toBeNull();
  expect(readHostEnd(endedWithCode('x'))).toBeNull();
});

it('makes sentences that fit into the close of a WebSocket', () => {
  for (const sentence of Object.values(hostEnds)) expect(Buffer.byteLength(sentence)).toBeLessThanOrEqual(123);
});
