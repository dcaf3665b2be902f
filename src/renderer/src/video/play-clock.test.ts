import { describe, expect, it } from 'vitest';
import { formatTime } from './format-time';
import { PlayClock } from './play-clock';

describe('PlayClock', () => {
  it('follows the wall at its speed, and goes on from where it is when the speed changes', () => {
    let wall = 100;
    const clock = new PlayClock(5, 1, () => wall);
    wall += 2;
    expect([clock.position, clock.until(8)]).toEqual([7, 1]);
    clock.setSpeed(4);
    expect(clock.position).toBe(7);
    wall += 1;
    expect([clock.position, clock.until(13)]).toEqual([11, 0.5]);
    expect(clock.until(7)).toBe(-1);
    clock.restart(3);
    expect(clock.position).toBe(3);
  });
});

describe('formatTime', () => {
  it.each([
    [0, '0:00.0'],
    [3.27, '0:03.2'],
    [0.3, '0:00.3'],
    [59.99, '0:59.9'],
    [760, '12:40.0'],
    [3723.45, '1:02:03.4'],
    [-1, '0:00.0'],
  ])('%d is %s', (seconds, text) => expect(formatTime(seconds)).toBe(text));
});
