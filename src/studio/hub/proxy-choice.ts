import { AppError } from '../../shared/app-error';
import type { Environment } from './hub-address';

/**
 * The proxy for an address as HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say, small letters first, as curl reads
 * them; null for a direct connection. Throws NETWORK_PROXY_INVALID.
 */
export function proxyFor(url: URL, env: Environment): URL | null {
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  const written = read(env, `${scheme}_proxy`) ?? read(env, 'all_proxy');
  if (written === null || isExempt(url, read(env, 'no_proxy') ?? '')) return null;
  const text = written.includes('://') ? written : `http://${written}`;
  let proxy: URL;
  try {
    proxy = new URL(text);
  } catch (error) {
    throw invalid('a proxy address that cannot be read', error);
  }
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') {
    throw invalid(`a ${proxy.protocol.replace(':', '')} proxy, which is not supported`);
  }
  return proxy;
}

/** NO_PROXY: `*`, or hosts and domains with or without a leading dot, each with an optional port. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((rule) => {
      if (rule === '') return false;
      if (rule === '*') return true;
      const bareIpv6 = /^[^[]*:[^\]]*:/.test(rule);
      const [, name = '', rulePort] = (bareIpv6 ? [rule, rule] : /^\[?(.+?)\]?(?::(\d+))?$/.exec(rule)) ?? [];
      if (rulePort !== undefined && rulePort !== port) return false;
      const domain = name.replace(/^\*?\./, '');
      return host === domain || host.endsWith(`.${domain}`);
    });
}

function read(env: Environment, name: string): string | null {
  const value = env[name] ?? env[name.toUpperCase()];
  return value === undefined || value.trim() === '' ? null : value.trim();
}

function invalid(what: string, cause?: unknown): AppError {
  return new AppError('NETWORK_PROXY_INVALID', `The environment names ${what}.`, {
    hint: 'Set HTTPS_PROXY to an address such as http://host:port, or unset it.',
    ...(cause === undefined ? {} : { cause }),
  });
}
