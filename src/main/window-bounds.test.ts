import { describe, expect, it } from 'vitest';
import { fitBounds } from './window-bounds';

const laptop = { x: 0, y: 0, width: 1280, height: 770 };
const second = { x: 1280, y: 0, width: 2560, height: 1400 };

describe('fitBounds', () => {
  it.each([
    ['nothing saved: the preferred size, as large as fits', null, [laptop], { x: 0, y: 0, width: 1280, height: 770 }],
    ['nothing saved, large display: centred', null, [second], { x: 1840, y: 250, width: 1440, height: 900 }],
    [
      'kept on the second display',
      { x: 1500, y: 40, width: 900, height: 700 },
      [laptop, second],
      { x: 1500, y: 40, width: 900, height: 700 },
    ],
    [
      'display is gone',
      { x: 1500, y: 40, width: 900, height: 700 },
      [laptop],
      { x: 0, y: 0, width: 1280, height: 770 },
    ],
    [
      'title bar above the screen',
      { x: 100, y: -300, width: 900, height: 700 },
      [laptop],
      { x: 0, y: 0, width: 1280, height: 770 },
    ],
    [
      'partly outside but within reach',
      { x: -600, y: 10, width: 900, height: 700 },
      [laptop],
      { x: -600, y: 10, width: 900, height: 700 },
    ],
  ])('%s', (_name, saved, areas, expected) => {
    expect(fitBounds(saved, areas)).toEqual(expected);
  });
});
