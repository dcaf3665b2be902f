import { AppError } from '../../shared/app-error';

const UNREACHABLE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS/;

/** A failure of a connection to `host`, told so that a person knows what to try. */
export function networkError(error: unknown, host: string): Error {
  if (error instanceof AppError || isAbortError(error)) return error as Error;
  const code = codeOf(error);
  const options = { cause: error, details: { host } };
  if (UNREACHABLE.has(code)) {
    return new AppError('NETWORK_OFFLINE', `${host} cannot be reached (${code}).`, {
      ...options,
      hint: 'Check the network. Behind a proxy, set HTTPS_PROXY; for a mirror, set HF_ENDPOINT.',
    });
  }
  if (code === 'ETIMEDOUT' || code === 'ESOCKETTIMEDOUT') return timedOut(host, error);
  if (CERTIFICATE.test(code)) {
    return new AppError('NETWORK_CERTIFICATE', `${host} shows a certificate that is not trusted (${code}).`, {
      ...options,
      hint: "Behind an inspecting proxy, set NODE_EXTRA_CA_CERTS to the file with your organisation's certificate.",
    });
  }
  return new AppError('NETWORK_INTERRUPTED', `The connection to ${host} broke off${code === '' ? '' : ` (${code})`}.`, {
    ...options,
    hint: 'Try again: what has arrived is kept.',
  });
}

export function timedOut(host: string, cause?: unknown): AppError {
  return new AppError('NETWORK_TIMEOUT', `${host} did not answer in time.`, {
    hint: 'Check the network and try again: what has arrived is kept.',
    details: { host },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function abortError(): Error {
  const error = new Error('The work was cancelled.');
  error.name = 'AbortError';
  return error;
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
