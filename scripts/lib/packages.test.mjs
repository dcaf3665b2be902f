import { describe, expect, it } from 'vitest';
import { stalePackages } from './packages.mjs';

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.0.0' },
    'node_modules/@x/win32': { version: '1.0.0', optional: true, os: ['win32'] },
    'node_modules/sharp': { version: '2.0.0' },
  },
};

describe('stalePackages', () => {
  it.each([
    ['nothing installed', {}, ['node_modules/zod', 'node_modules/sharp']],
    [
      'all there, the other system’s package left out',
      { packages: { 'node_modules/zod': { version: '4.0.0' }, 'node_modules/sharp': { version: '2.0.0' } } },
      [],
    ],
    [
      'one at another version',
      { packages: { 'node_modules/zod': { version: '3.9.0' }, 'node_modules/sharp': { version: '2.0.0' } } },
      ['node_modules/zod'],
    ],
    [
      'an optional one at another version',
      {
        packages: {
          'node_modules/zod': { version: '4.0.0' },
          'node_modules/sharp': { version: '2.0.0' },
          'node_modules/@x/win32': { version: '0.9.0' },
        },
      },
      ['node_modules/@x/win32'],
    ],
  ])('%s', (_name, found, stale) => {
    expect(stalePackages(wanted, found)).toEqual(stale);
  });
});
