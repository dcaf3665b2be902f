import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { AppError } from '../../shared/app-error';
import type { Environment } from './hub-address';
import { abortError, networkError, timedOut } from './network-error';
import { proxyFor } from './proxy-choice';

export interface HttpOptions {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly env: Environment;
  /** Milliseconds without a byte, while connecting or reading, after which the server counts as silent. */
  readonly idleMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Certificate authorities in PEM besides the built-in ones. */
  readonly ca?: string | undefined;
}

/**
 * One request, no redirect followed, through the proxy of the environment if there is one. Resolves when the headers
 * are there; the caller reads or destroys the body, whose errors `networkError` explains. Node's `fetch` is not used:
 * the engine host may run on a Node without it, and it knows no proxies.
 */
export async function sendRequest(url: URL, options: HttpOptions): Promise<IncomingMessage> {
  if (options.signal?.aborted === true) throw abortError();
  const proxy = proxyFor(url, options.env);
  try {
    if (proxy === null) return await direct(url, options);
    return url.protocol === 'https:' ? await tunnelled(url, proxy, options) : await forwarded(url, proxy, options);
  } catch (error) {
    throw networkError(error, (proxy ?? url).host);
  }
}

function direct(url: URL, options: HttpOptions): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return answer(
    send(url, { method: options.method, headers: options.headers, agent: false, ...tlsOptions(options) }),
    url.host,
    options,
  );
}

/** A plain request goes to the proxy whole, with the full address for its path. */
function forwarded(url: URL, proxy: URL, options: HttpOptions): Promise<IncomingMessage> {
  const headers = { ...options.headers, host: url.host, ...proxyAuthorization(proxy) };
  return answer(toProxy(proxy, { method: options.method, path: url.href, headers }, options), proxy.host, options);
}

/** An encrypted request goes through a tunnel that the proxy opens; it sees the host's name only. */
async function tunnelled(url: URL, proxy: URL, options: HttpOptions): Promise<IncomingMessage> {
  const target = `${url.hostname}:${url.port === '' ? '443' : url.port}`;
  const headers = { host: target, ...proxyAuthorization(proxy) };
  const tunnel = await openTunnel(
    toProxy(proxy, { method: 'CONNECT', path: target, headers }, options),
    proxy,
    options,
  );
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const createConnection = (): Socket =>
    tlsConnect({ socket: tunnel, ...(isIP(host) === 0 ? { servername: host } : { host }), ...tlsOptions(options) });
  // No `agent: false` here: Node would then make an agent that connects by itself, past the tunnel.
  const request = httpsRequest(url, { method: options.method, headers: options.headers, createConnection });
  return answer(request, url.host, options);
}

function toProxy(proxy: URL, request: RequestOptions, options: HttpOptions): ClientRequest {
  const send = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  const port = proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port);
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  return send({ host, port, agent: false, ...tlsOptions(options), ...request });
}

function openTunnel(request: ClientRequest, proxy: URL, options: HttpOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const release = guard(request, proxy.host, options, reject);
    request.once('connect', (response: IncomingMessage, socket: Socket) => {
      release();
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(proxyRefused(proxy, response.statusCode ?? 0));
    });
    request.once('response', (response) => {
      release();
      response.resume();
      reject(proxyRefused(proxy, response.statusCode ?? 0));
    });
    request.end();
  });
}

function answer(request: ClientRequest, host: string, options: HttpOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const release = guard(request, host, options, reject);
    request.once('response', (response) => {
      release();
      if (response.statusCode === 407) {
        response.resume();
        return reject(proxyRefused(new URL(`http://${host}`), 407));
      }
      watchBody(request, response, host, options);
      resolve(response);
    });
    request.end();
  });
}

/** Rejects on errors, silence and cancelling until the headers are there; the answer stops it. */
function guard(
  request: ClientRequest,
  host: string,
  { idleMs, signal }: HttpOptions,
  reject: (error: Error) => void,
): () => void {
  const abort = (): void => void request.destroy(abortError());
  const silent = (): void => void request.destroy(timedOut(host));
  request.on('error', reject);
  // The socket's own timer starts with the connection only; this one covers the name look-up too.
  const timer = setTimeout(silent, idleMs);
  signal?.addEventListener('abort', abort, { once: true });
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
}

/** The same while the body is read: what goes wrong ends the response with a telling error. */
function watchBody(request: ClientRequest, response: IncomingMessage, host: string, options: HttpOptions): void {
  const abort = (): void => void response.destroy(abortError());
  response.setTimeout(options.idleMs, () => response.destroy(timedOut(host)));
  options.signal?.addEventListener('abort', abort, { once: true });
  response.once('close', () => {
    options.signal?.removeEventListener('abort', abort);
    request.destroy();
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function proxyRefused(proxy: URL, status: number): AppError {
  return new AppError('NETWORK_PROXY_REFUSED', `The proxy ${proxy.host} refused the connection (status ${status}).`, {
    hint:
      status === 407
        ? 'It wants a name and password: write them into HTTPS_PROXY as http://NAME:PASSWORD@HOST:PORT.'
        : 'Check HTTPS_PROXY, or add the host to NO_PROXY.',
    details: { host: proxy.host, status },
  });
}

function tlsOptions({ ca }: HttpOptions): { ca?: string } {
  return ca === undefined ? {} : { ca };
}
