import { describe, expect, it } from 'vitest';
import { CardPatience } from './card-patience';

const MINUTE = 60_000;

/** Answers to losses at these times. */
function answers(patience: CardPatience, times: readonly number[]): string[] {
  return times.map((time) => patience.onLoss(time));
}

describe('CardPatience', () => {
  it('waits for a card that is lost now and then', () => {
    expect(answers(new CardPatience(), [0, 0.6 * MINUTE, 1.2 * MINUTE, 1.8 * MINUTE])).toEqual(Array(4).fill('wait'));
  });

  it('replaces the canvas after three losses within a minute, twice, and then gives up', () => {
    const times = Array.from({ length: 9 }, (_, i) => i * 1000);
    const three = (last: string) => ['wait', 'wait', last];
    expect(answers(new CardPatience(), times)).toEqual([...three('replace'), ...three('replace'), ...three('give-up')]);
  });

  it('replaces a canvas that does not come back, twice within ten minutes', () => {
    const patience = new CardPatience();
    expect([0, MINUTE, 2 * MINUTE].map((time) => patience.onSilence(time))).toEqual(['replace', 'replace', 'give-up']);
    expect(patience.onSilence(11 * MINUTE)).toBe('replace');
  });

  it('forgets when it is told to', () => {
    const patience = new CardPatience();
    patience.givenUp = { code: 'CANVAS_NO_WEBGL', message: 'None.' };
    for (const time of [0, 1, 2]) patience.onSilence(time);
    patience.forget();
    expect(patience.givenUp).toBeNull();
    expect(patience.onSilence(3)).toBe('replace');
  });
});
