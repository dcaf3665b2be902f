import { expect, it } from 'vitest';
import { parseDisplay } from './remember-display';

it.each<[string, string | null, object]>([
  ['nothing yet', null, {}],
  [
    'what it wrote',
    '{"opacity":0.3,"mode":"outline","outlineWidth":4,"backdrop":"black","palette":"ade20k"}',
    {
      opacity: 0.3,
      mode: 'outline',
      outlineWidth: 4,
      backdrop: 'black',
      palette: 'ade20k',
    },
  ],
  ['out of bounds', '{"opacity":7,"outlineWidth":0,"mode":"fill"}', { mode: 'fill' }],
  ['of another version', '{"opacity":"high","palette":"neon","split":true}', {}],
  ['no JSON', 'opacity=1', {}],
  ['no object', '3', {}],
])('reads %s', (_name, text, expected) => {
  expect(parseDisplay(text)).toEqual(expected);
});
