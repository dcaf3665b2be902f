import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface AccessRules {
  readonly token: string;
  readonly port: number;
}

export type Verdict = 'allowed' | 'wrong-host' | 'wrong-origin' | 'no-token';

/** Cookies are shared by all ports of a host, so the port is part of the name. */
export function cookieName(port: number): string {
  return `maskforge-${port}`;
}

/**
 * Whether a request may come in. The Host check stops names that were bound to 127.0.0.1 by somebody else's DNS, the
 * Origin check stops other pages in the same browser, and the token stops other users of this machine.
 */
export function judge(headers: IncomingHttpHeaders, rules: AccessRules): Verdict {
  const hosts = [`127.0.0.1:${rules.port}`, `localhost:${rules.port}`];
  if (headers.host === undefined || !hosts.includes(headers.host)) return 'wrong-host';
  if (headers.origin !== undefined && !hosts.some((host) => headers.origin === `http://${host}`)) return 'wrong-origin';
  const token = readCookie(headers.cookie ?? '', cookieName(rules.port));
  return token !== undefined && isSame(token, rules.token) ? 'allowed' : 'no-token';
}

/** Compares in constant time. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function readCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return undefined;
}
