import { expect, it } from 'vitest';
import { outputOf } from './batch-settings';

it.each<[string, string | null, string]>([
  ['/home/me/photos', null, '/home/me/photos/masks'],
  ['/home/me/photos/', null, '/home/me/photos/masks'],
  ['C:\\photos', null, 'C:\\photos\\masks'],
  ['/home/me/photos', '/data/masks', '/data/masks'],
  ['/home/me/photos', '', '/home/me/photos/masks'],
  ['', null, ''],
])('masks of %j with %j go to %j', (input, output, expected) => {
  expect(outputOf({ input, output })).toBe(expected);
});
