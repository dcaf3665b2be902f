import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';

/** One failure, for one request unless `times` says more. */
export interface Fault {
  /** The hub itself (default) or the store it redirects to. */
  where?: 'hub' | 'store';
  /** End of the path that it concerns; any when absent. */
  file?: string;
  times?: number;
  /** Answers with this status and these headers only. */
  status?: number;
  headers?: Record<string, string>;
  redirect?: string;
  /** Sends this many bytes of the body and cuts the connection. */
  dropAfter?: number;
  /** Sends this many bytes and then nothing, with the connection open. */
  stallAfter?: number;
  /** Accepts the request and never answers. */
  hang?: boolean;
  /** Promises this many bytes more (or fewer) than it has. */
  lieBy?: number;
  /** Gives no length. */
  chunked?: boolean;
  /** Sends this many bytes that do not belong to the file. */
  extra?: number;
  corrupt?: boolean;
  ignoreRange?: boolean;
}

export interface RecordedRequest {
  readonly where: 'hub' | 'store';
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Port that the caller came from. */
  readonly port: number;
}

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
}

export interface Hub {
  readonly url: string;
  /** Another origin than `url`, as the real hub's store is. */
  readonly storeUrl: string;
  readonly requests: RecordedRequest[];
  setFile(path: string, bytes: Uint8Array): void;
  removeFile(path: string): void;
  fail(fault: Fault): void;
  close(): Promise<void>;
}

export const COMMIT: string;

/** @param options.files `OWNER/NAME/PATH` and content. @param options.token when given, requests without it get 401. */
export function startHub(options: {
  files: Iterable<readonly [string, Uint8Array]>;
  token?: string | null;
  tls?: TlsFiles | null;
  faults?: readonly Fault[];
}): Promise<Hub>;

export function sha256(bytes: Uint8Array): string;
export function gitBlobId(bytes: Uint8Array): string;

export function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: TlsFiles | null,
  port?: number,
  host?: string,
): Promise<{ server: Server; url: string; close(): Promise<void> }>;
