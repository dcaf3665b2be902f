import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import { exportError } from '../export/save-new-file';

const lockSchema = z.object({ token: z.string(), pid: z.int(), host: z.string() });
type Lock = z.infer<typeof lockSchema>;

const NAME = 'lock';
const BEAT_MS = 10_000;
/** A lock without a beat for so long is nobody's, even if some process now has its owner's number. */
const STALE_MS = 60_000;
/** One without content is about to get some, or its owner was killed at that very moment. */
const EMPTY_MS = 2_000;

/** Locks of this process: a number that is ours says nothing about which of our batches it is. */
const own = new Set<string>();

/** Whether a batch is at work in an output folder. @param folder the state folder */
export async function isLocked(folder: string): Promise<boolean> {
  const held = await readLock(folder);
  return !(await isStale(folder, held));
}

/**
 * Only one batch writes to a folder at a time. A lock whose owner is gone is taken over.
 * @param folder the state folder; made when it is missing
 * @throws AppError BATCH_BUSY, EXPORT_READ_ONLY and the like
 */
export class BatchLock {
  readonly #folder: string;
  readonly #lock: Lock;
  readonly #timer: NodeJS.Timeout;

  private constructor(folder: string, lock: Lock) {
    this.#folder = folder;
    this.#lock = lock;
    own.add(lock.token);
    this.#timer = setInterval(() => void beat(folder), BEAT_MS);
    this.#timer.unref();
  }

  static async take(folder: string, output: string): Promise<BatchLock> {
    const path = join(folder, NAME);
    const lock: Lock = { token: randomUUID(), pid: process.pid, host: hostname() };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(path, JSON.stringify(lock), { flag: 'wx' });
        // Of two that took over the same stale lock, the later one has it.
        if ((await readLock(folder))?.token === lock.token) return new BatchLock(folder, lock);
        throw busy(output);
      } catch (error) {
        if (error instanceof AppError) throw error;
        // What was not written whole is nobody's lock.
        if (!isTaken(error)) await rm(path, { force: true }).catch(() => undefined);
        if (!isTaken(error)) throw exportError(error, path);
      }
      const held = await readLock(folder);
      if (!(await isStale(folder, held))) throw busy(output);
      await rm(path, { force: true }).catch(() => undefined);
    }
    throw busy(output);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    own.delete(this.#lock.token);
    const held = await readLock(this.#folder);
    if (held?.token === this.#lock.token) await rm(join(this.#folder, NAME), { force: true }).catch(() => undefined);
  }
}

async function readLock(folder: string): Promise<Lock | null> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(join(folder, NAME), 'utf8')));
  } catch {
    return null;
  }
}

/** True also where there is none. */
async function isStale(folder: string, lock: Lock | null): Promise<boolean> {
  if (lock !== null && own.has(lock.token)) return false;
  if (lock?.host === hostname() && (lock.pid === process.pid || !isAlive(lock.pid))) return true;
  const facts = await stat(join(folder, NAME)).catch(() => null);
  return facts === null || Date.now() - facts.mtimeMs > (lock === null ? EMPTY_MS : STALE_MS);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function beat(folder: string): Promise<void> {
  const now = new Date();
  await utimes(join(folder, NAME), now, now).catch(() => undefined);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function busy(output: string): AppError {
  return new AppError('BATCH_BUSY', `Another batch or export is writing to ${output}.`, {
    hint: 'Wait until it has ended, cancel it, or choose another folder.',
    details: { path: output },
  });
}
