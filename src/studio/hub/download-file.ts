import * as fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import { writeError, readTextIfPresent, writeFileAtomically } from '../library/json-file';
import type { Environment, HubFile, HubSettings } from './hub-address';
import type { FileFacts, HubResponse } from './hub-response';
import { asksTooLong, describeFile, isPassing, requestFile, waitAsked } from './hub-response';
import { abortError, networkError } from './network-error';
import { checksumOf, matchesChecksum } from './verify-file';

export interface DownloadOptions {
  readonly settings: HubSettings;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are on the disk, and of how many (null while unknown). */
  readonly onProgress?: (done: number, total: number | null) => void;
  readonly onRetry?: (message: string, seconds: number) => void;
  /** Tests wait for nothing. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly idleMs?: number;
  readonly ca?: string | undefined;
}

export interface Downloaded {
  readonly facts: FileFacts;
  readonly sizeBytes: number;
  /** False when the file was there already and is still the same on the hub. */
  readonly fetched: boolean;
}

/** Tries without a single new byte between them, after which the failure is the user's to know. */
const MAX_TRIES = 5;
const IDLE_MS = 30_000;

const stateSchema = z.object({ etag: z.string(), size: z.int().nullable() });

/**
 * Fetches one file of the hub to `target`, which is either the old file, or the whole and checked new one. What arrived
 * before a failure or a cancel is kept beside it (`.part`) and taken up by the next call, if the hub's file is still the
 * same. Passing failures are tried again with growing pauses, or the pause that the hub asks for.
 */
export async function downloadFile(file: HubFile, target: string, options: DownloadOptions): Promise<Downloaded> {
  await mkdir(dirname(target), { recursive: true }).catch((error: unknown) => {
    throw writeError(error, dirname(target));
  });
  let tries = 0;
  let best = await sizeOf(partOf(target));
  for (;;) {
    try {
      return await attempt(file, target, options);
    } catch (error) {
      if (options.signal?.aborted === true) throw abortError();
      const have = await sizeOf(partOf(target));
      tries = have > best ? 1 : tries + 1;
      best = Math.max(best, have);
      if (!mayPass(error, have) || tries >= MAX_TRIES || asksTooLong(error)) throw error;
      const seconds = waitAsked(error) ?? Math.min(30, 0.5 * 2 ** tries) * (0.75 + Math.random() / 2);
      options.onRetry?.(error instanceof Error ? error.message : String(error), seconds);
      await (options.sleep ?? pause)(seconds * 1000, options.signal);
    }
  }
}

async function attempt(file: HubFile, target: string, options: DownloadOptions): Promise<Downloaded> {
  const part = partOf(target);
  const state = await readState(`${part}.json`);
  const offset = state === null ? 0 : await sizeOf(part);
  const { response, facts } = await ask(file, offset, state?.etag, options);
  const settled = await settle(file, target, offset, state, { response, facts });
  if (settled === 'same') return { facts, sizeBytes: await sizeOf(target), fetched: false };
  if (settled === 'again') return attempt(file, target, options);
  try {
    await checkRoom(target, (facts.size ?? 0) - settled);
    if (facts.etag !== null)
      await writeFileAtomically(`${part}.json`, JSON.stringify({ etag: facts.etag, size: facts.size }));
    if (response.statusCode !== 416) await receive(response, part, settled, facts, file, options);
  } finally {
    response.destroy();
  }
  await place(part, target, facts, file);
  return { facts, sizeBytes: await sizeOf(target), fetched: true };
}

/** Asks for what is missing. `If-Range` makes a server whose file has changed send the whole. */
function ask(file: HubFile, offset: number, etag: string | undefined, options: DownloadOptions): Promise<HubResponse> {
  const range: Record<string, string> =
    offset > 0 && etag !== undefined ? { range: `bytes=${offset}-`, 'if-range': `"${etag}"` } : {};
  return requestFile(file, options.settings, {
    method: 'GET',
    headers: { 'accept-encoding': 'identity', 'user-agent': 'maskforge', ...range },
    env: options.env,
    idleMs: options.idleMs ?? IDLE_MS,
    signal: options.signal,
    ca: options.ca,
  });
}

/**
 * Decides what the answer means for what is on the disk: the byte to go on from, `same` when the finished file is the
 * hub's, or `again` when the part is worthless and the request must be made anew.
 */
async function settle(
  file: HubFile,
  target: string,
  offset: number,
  state: z.infer<typeof stateSchema> | null,
  { response, facts }: HubResponse,
): Promise<number | 'same' | 'again'> {
  const finished = await readState(recordOf(target));
  if (finished !== null && finished.etag === facts.etag && (await sizeOf(target)) === finished.size) {
    response.destroy();
    return 'same';
  }
  const changed = state !== null && facts.etag !== null && state.etag !== facts.etag;
  if (response.statusCode === 200) {
    checkLength(response, 0, facts, file);
    return 0;
  }
  const start = response.statusCode === 206 ? rangeStart(response) : facts.size === offset ? offset : null;
  if (!changed && start === offset) {
    if (response.statusCode === 206) checkLength(response, offset, facts, file);
    return offset;
  }
  response.destroy();
  if (offset === 0) throw new AppError('HUB_FAILED', `The hub answers nonsense for ${describeFile(file)}.`);
  await forget(partOf(target));
  return 'again';
}

/** The store must promise as many bytes as the hub said the file has. */
function checkLength(response: IncomingMessage, offset: number, facts: FileFacts, file: HubFile): void {
  const promised = response.headers['content-length'];
  if (facts.size === null || promised === undefined) return;
  if (Number(promised) + offset === facts.size) return;
  response.destroy();
  throw lengthMismatch(file, facts.size, Number(promised) + offset);
}

/** Each piece is on the disk before the next is asked for: what a broken connection has brought is never lost. */
async function receive(
  response: IncomingMessage,
  part: string,
  offset: number,
  facts: FileFacts,
  file: HubFile,
  { onProgress }: DownloadOptions,
): Promise<void> {
  const handle = await openPart(part, offset);
  let done = offset;
  onProgress?.(done, facts.size);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (facts.size !== null && done + chunk.length > facts.size) {
        await forget(part);
        throw lengthMismatch(file, facts.size, done + chunk.length);
      }
      await writeAll(handle, chunk, part);
      done += chunk.length;
      onProgress?.(done, facts.size);
    }
    // Older Nodes end a broken TLS stream as if it were whole.
    if (!response.complete) throw new Error('The body ended early.');
  } catch (error) {
    throw networkError(error, 'the hub');
  } finally {
    await handle.close();
  }
}

async function openPart(part: string, offset: number): Promise<FileHandle> {
  try {
    if (offset > 0) await truncate(part, offset);
    return await open(part, offset === 0 ? 'w' : 'a');
  } catch (error) {
    throw writeError(error, part);
  }
}

async function writeAll(handle: FileHandle, chunk: Buffer, part: string): Promise<void> {
  try {
    await handle.writeFile(chunk);
  } catch (error) {
    throw writeError(error, part);
  }
}

async function place(part: string, target: string, facts: FileFacts, file: HubFile): Promise<void> {
  const size = await sizeOf(part);
  if (facts.size !== null && size !== facts.size) {
    await forget(part);
    throw lengthMismatch(file, facts.size, size);
  }
  const checksum = checksumOf(facts.etag);
  if (checksum !== null && !(await matchesChecksum(part, size, checksum))) {
    await forget(part);
    throw new AppError('HUB_CHECKSUM_MISMATCH', `${describeFile(file)} arrived damaged: its checksum is wrong.`, {
      hint: 'Fetch it again. If it happens again, a proxy or mirror changes the file.',
      details: { repo: file.repo, path: file.path },
    });
  }
  try {
    const handle = await open(part, 'r+');
    await handle.sync().finally(() => handle.close());
    await rename(part, target);
  } catch (error) {
    throw writeError(error, target);
  }
  await rm(`${part}.json`, { force: true });
  if (facts.etag !== null) await writeFileAtomically(recordOf(target), JSON.stringify({ etag: facts.etag, size }));
}

/** Room is asked for before a gigabyte is fetched in vain; Node below 18.15 cannot ask and finds out on writing. */
async function checkRoom(target: string, needed: number): Promise<void> {
  if (typeof fs.promises.statfs !== 'function') return;
  const info = await fs.promises.statfs(dirname(target)).catch(() => null);
  if (info === null || info.bavail * info.bsize > needed) return;
  const megabytes = Math.ceil(needed / 1e6);
  throw new AppError('DISK_FULL', `${target} needs ${megabytes} MB, more than is left on its disk.`, {
    hint: 'Free some space, or set MASKFORGE_HOME to a folder on another disk.',
    details: { path: target, needed },
  });
}

/** Being offline may pass while a download is under way, but not before its first byte. */
function mayPass(error: unknown, have: number): boolean {
  return isPassing(error) || (have > 0 && error instanceof AppError && error.code === 'NETWORK_OFFLINE');
}

function lengthMismatch(file: HubFile, expected: number, found: number): AppError {
  return new AppError(
    'HUB_LENGTH_MISMATCH',
    `${describeFile(file)} should have ${expected} bytes, and the server gives ${found}.`,
    {
      hint: 'Fetch it again. If it happens again, a proxy or mirror changes the file.',
      details: { expected, found },
    },
  );
}

function rangeStart(response: IncomingMessage): number | null {
  const start = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
  return start === undefined ? null : Number(start);
}

async function readState(path: string): Promise<z.infer<typeof stateSchema> | null> {
  try {
    const parsed = stateSchema.safeParse(JSON.parse((await readTextIfPresent(path)) ?? 'null'));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function forget(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

function partOf(target: string): string {
  return `${target}.part`;
}

function recordOf(target: string): string {
  return join(dirname(target), `.${target.slice(dirname(target).length + 1)}.hub.json`);
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(abortError());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
