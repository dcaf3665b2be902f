import { describe, expect, it } from 'vitest';
import { judge } from './access';

const rules = { token: 'secret', port: 4000 };
const cookie = 'other=1; maskforge-4000=secret';

describe('judge', () => {
  it.each([
    ['page of its own', { host: '127.0.0.1:4000', origin: 'http://127.0.0.1:4000', cookie }, 'allowed'],
    ['an image, which sends no origin', { host: 'localhost:4000', cookie }, 'allowed'],
    ['a name bound to this address elsewhere', { host: 'evil.example:4000', cookie }, 'wrong-host'],
    ['no host at all', { cookie }, 'wrong-host'],
    ['another page', { host: '127.0.0.1:4000', origin: 'https://evil.example', cookie }, 'wrong-origin'],
    ['another local server', { host: '127.0.0.1:4000', origin: 'http://127.0.0.1:5000', cookie }, 'wrong-origin'],
    ['a sandboxed frame', { host: '127.0.0.1:4000', origin: 'null', cookie }, 'wrong-origin'],
    ['no token', { host: '127.0.0.1:4000' }, 'no-token'],
    ['a wrong token', { host: '127.0.0.1:4000', cookie: 'maskforge-4000=secreT' }, 'no-token'],
    ['the token of another port', { host: '127.0.0.1:4000', cookie: 'maskforge-4001=secret' }, 'no-token'],
  ] as const)('%s: %#', (_name, headers, verdict) => {
    expect(judge(headers, rules)).toBe(verdict);
  });
});
