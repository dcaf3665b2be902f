import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AppError } from '../../shared/app-error';
import type { HubFile, HubSettings } from './hub-address';
import { fileUrl, repoUrl } from './hub-address';
import type { HttpOptions } from './http-request';
import { sendRequest } from './http-request';

/** What the hub says about a file, collected over its redirects. */
export interface FileFacts {
  /** Null when nothing says it. */
  readonly size: number | null;
  /** Identifies the content; null when the server gives none that is strong. */
  readonly etag: string | null;
  /** Commit that the revision stands for. */
  readonly commit: string | null;
}

export interface HubResponse {
  readonly response: IncomingMessage;
  readonly facts: FileFacts;
}

const MAX_REDIRECTS = 5;

/** Longest that a server may ask us to wait before we tell the user instead. */
const MAX_WAIT_SECONDS = 120;

/**
 * Asks for a file and follows redirects. The access token goes to the hub alone, never to the store that it points to.
 * Rejects with HUB_UNAUTHORIZED, HUB_NOT_FOUND, HUB_RATE_LIMITED, HUB_UNAVAILABLE, HUB_FAILED or NETWORK_….
 */
export async function requestFile(file: HubFile, settings: HubSettings, options: HttpOptions): Promise<HubResponse> {
  if (settings.offline) {
    throw new AppError('NETWORK_OFFLINE', 'HF_HUB_OFFLINE is set, so nothing is fetched.', {
      hint: 'Unset HF_HUB_OFFLINE to allow downloads.',
    });
  }
  let url = fileUrl(settings.endpoint, file);
  let facts: FileFacts = { size: null, etag: null, commit: null };
  const asked = { ...options.headers };
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const trusted = url.origin === settings.endpoint.origin && settings.token !== null;
    const headers = trusted ? { ...asked, authorization: `Bearer ${settings.token}` } : asked;
    const response = await sendRequest(url, { ...options, headers });
    const status = response.statusCode ?? 0;
    facts = merge(facts, response.headers, status);
    const location = response.headers.location;
    if (status < 300 || status >= 400 || status === 304) {
      return { response: await refuse(response, file, settings), facts };
    }
    response.destroy();
    // A question is answered by the hub's own words; stores sign their addresses for fetching only and refuse a HEAD.
    if (options.method === 'HEAD' && facts.size !== null) return { response, facts };
    // The store has entity tags of its own. The hub has named the content, and the caller compares that.
    if (response.headers['x-linked-etag'] !== undefined) delete asked['if-range'];
    if (location === undefined) break;
    url = redirected(url, location, file);
  }
  throw new AppError('HUB_FAILED', `${describeFile(file)}: the hub redirects without an end.`, {
    hint: 'Check HF_ENDPOINT.',
  });
}

/** True for failures that may pass by themselves. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return ['NETWORK_TIMEOUT', 'NETWORK_INTERRUPTED', 'HUB_RATE_LIMITED', 'HUB_UNAVAILABLE'].includes(error.code);
}

/** Seconds that the server asked us to wait; null when it did not say or asks for too long. */
export function waitAsked(error: unknown): number | null {
  if (!(error instanceof AppError)) return null;
  const seconds = error.details['retryAfter'];
  return typeof seconds === 'number' && seconds <= MAX_WAIT_SECONDS ? seconds : null;
}

export function asksTooLong(error: unknown): boolean {
  return error instanceof AppError && Number(error.details['retryAfter'] ?? 0) > MAX_WAIT_SECONDS;
}

export function describeFile(file: HubFile): string {
  return `${file.repo}@${file.revision}/${file.path}`;
}

/**
 * The hub tells size and hash of a large file while redirecting to its store (`x-linked-…`); what the store says about
 * itself counts only where the hub said nothing.
 */
function merge(facts: FileFacts, headers: IncomingHttpHeaders, status: number): FileFacts {
  const linkedSize = number(headers['x-linked-size']);
  const ownSize = status === 200 ? number(headers['content-length']) : rangeTotal(headers['content-range']);
  return {
    size: facts.size ?? linkedSize ?? (status < 300 ? ownSize : null),
    etag: facts.etag ?? strong(headers['x-linked-etag']) ?? (status < 300 ? strong(headers.etag) : null),
    commit: facts.commit ?? single(headers['x-repo-commit']),
  };
}

async function refuse(response: IncomingMessage, file: HubFile, settings: HubSettings): Promise<IncomingMessage> {
  const status = response.statusCode ?? 0;
  if (status < 300 || status === 416) return response;
  response.destroy();
  throw statusError(status, response.headers, file, settings);
}

function statusError(status: number, headers: IncomingHttpHeaders, file: HubFile, settings: HubSettings): AppError {
  const what = describeFile(file);
  const reason = single(headers['x-error-code']);
  const page = repoUrl(settings.endpoint, file.repo);
  const details = { status, repo: file.repo };
  if (status === 404) {
    const missing =
      reason === 'RevisionNotFound'
        ? `no revision ${file.revision} in ${file.repo}`
        : reason === 'RepoNotFound'
          ? `no repository ${file.repo}`
          : `no file ${file.path} in ${file.repo} at ${file.revision}`;
    return new AppError('HUB_NOT_FOUND', `The hub has ${missing}.`, {
      hint: `Look at ${page} for its name, files and revisions.`,
      details,
    });
  }
  if (status === 401 || status === 403) {
    const gated = reason === 'GatedRepo';
    return new AppError(
      'HUB_UNAUTHORIZED',
      `The hub does not give ${what} to ${settings.token === null ? 'anonymous users' : 'the account of HF_TOKEN'}.`,
      {
        hint: gated
          ? `Accept its terms at ${page}, then set HF_TOKEN to an access token of that account.`
          : `Check the name; for a private repository set HF_TOKEN to an access token that may read it.`,
        details,
      },
    );
  }
  if (status === 429) {
    const seconds = retryAfter(headers['retry-after']);
    return new AppError(
      'HUB_RATE_LIMITED',
      `The hub asks for a pause${seconds === null ? '' : ` of ${seconds} s`} before more is fetched.`,
      {
        hint: 'Try again later; with HF_TOKEN set the limits are wider.',
        details: seconds === null ? details : { ...details, retryAfter: seconds },
      },
    );
  }
  if (status >= 500) {
    return new AppError('HUB_UNAVAILABLE', `The hub cannot give ${what} now (status ${status}).`, {
      hint: 'Try again later.',
      details,
    });
  }
  return new AppError('HUB_FAILED', `The hub refused ${what} (status ${status}).`, {
    hint: `Look at ${page}, and check HF_ENDPOINT.`,
    details,
  });
}

function redirected(from: URL, location: string, file: HubFile): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch (cause) {
    throw new AppError('HUB_FAILED', `${describeFile(file)}: the hub redirects to no valid address.`, { cause });
  }
  const weaker = from.protocol === 'https:' && to.protocol !== 'https:';
  if (!weaker && (to.protocol === 'https:' || to.protocol === 'http:')) return to;
  throw new AppError('HUB_REDIRECT_REFUSED', `${describeFile(file)}: the hub redirects to an unencrypted address.`, {
    hint: 'Somebody may be tampering with the connection. Try another network.',
  });
}

function retryAfter(value: string | undefined): number | null {
  if (value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}

function rangeTotal(value: string | undefined): number | null {
  return number(/\/(\d+)$/.exec(value ?? '')?.[1]);
}

/** An entity tag without its quotes; weak ones do not stand for the exact bytes. */
function strong(value: string | string[] | undefined): string | null {
  const text = single(value);
  if (text === null || text.startsWith('W/')) return null;
  return text.replace(/^"|"$/g, '');
}

function number(value: string | string[] | undefined): number | null {
  const text = single(value);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
