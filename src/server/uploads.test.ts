import { describe, expect, it } from 'vitest';
import { safeName } from './uploads';

describe('safeName', () => {
  it.each([
    ['street.jpg', 'street.jpg'],
    ['街道.jpg', '街道.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\a.png', 'a.png'],
    ['..', 'file'],
    ['', 'file'],
    ['a\u0000b?.png', 'a_b_.png'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('keeps the extension of a long name', () => {
    expect(safeName(`${'x'.repeat(300)}.png`)).toMatch(/^x{116}\.png$/);
  });
});
