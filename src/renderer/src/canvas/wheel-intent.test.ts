import { expect, it } from 'vitest';
import { wheelIntent, type WheelInput } from './wheel-intent';

const still: WheelInput = { deltaX: 0, deltaY: 0, deltaMode: 0, ctrlKey: false, metaKey: false, shiftKey: false };

it.each<[string, Partial<WheelInput>, string, number]>([
  ['a notch up zooms in', { deltaY: -100 }, 'zoom', Math.exp(0.2)],
  ['a notch down zooms out', { deltaY: 120 }, 'zoom', Math.exp(-0.24)],
  ['three lines zoom', { deltaY: 3, deltaMode: 1 }, 'zoom', Math.exp(-0.192)],
  ['a pinch zooms, by small steps', { deltaY: -4, ctrlKey: true }, 'zoom', Math.exp(0.04)],
  ['control and a notch zoom as the notch alone', { deltaY: -100, ctrlKey: true }, 'zoom', Math.exp(0.2)],
])('%s', (_name, input, type, factor) => {
  const intent = wheelIntent({ ...still, ...input });
  expect(intent.type).toBe(type);
  expect(intent.type === 'zoom' ? intent.factor : 0).toBeCloseTo(factor, 10);
});

it.each<[string, Partial<WheelInput>, number, number]>([
  ['two fingers pan', { deltaX: 3, deltaY: -7 }, -3, 7],
  ['two fingers straight down pan', { deltaY: 12 }, 0, -12],
  ['shift turns a wheel sideways', { deltaY: 100, shiftKey: true }, -100, 0],
  ['shift where the system has turned it already', { deltaX: 100, shiftKey: true }, -100, 0],
])('%s', (_name, input, x, y) => {
  const intent = wheelIntent({ ...still, ...input });
  expect(intent).toMatchObject({ type: 'pan' });
  expect(intent.type === 'pan' ? [intent.x + 0, intent.y + 0] : []).toEqual([x, y]);
});
