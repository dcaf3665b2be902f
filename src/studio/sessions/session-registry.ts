import { randomUUID } from 'node:crypto';
import { AppError } from '../../shared/app-error';
import type { ModelSummary } from '../../shared/domain/model';
import type { RuntimeId, RuntimeStatus, SessionInfo } from '../../shared/domain/runtime';
import type { Runtime, Session } from '../../runtimes/runtime';

export interface OpenSession {
  readonly info: SessionInfo;
  readonly session: Session;
  readonly model: ModelSummary;
  /** Two sessions of one identity make the same masks, today and after a restart. */
  readonly identity: string;
}

interface OpenRequest {
  readonly runtime: RuntimeId;
  readonly threads: number;
  /** Of the engine library, for runtimes that open engines. */
  readonly engineId?: string | undefined;
}

interface Entry {
  readonly key: string;
  readonly opened: Promise<OpenSession>;
  users: number;
  /** Of the users, those whose work would break without it: while there are any it is not closed for others' sake. */
  pins: number;
  lastUsed: number;
}

/**
 * A window that was closed without a word leaves its session behind; past this many the longest unused is closed. Pinned
 * ones are neither closed nor counted.
 */
const MOST_SESSIONS = 4;

/** Open engines. Shells that ask for the same one share it. */
export class SessionRegistry {
  readonly #runtimes: readonly Runtime[];
  readonly #entries = new Map<string, Entry>();
  #clock = 0;

  constructor(runtimes: readonly Runtime[]) {
    this.#runtimes = runtimes;
  }

  probe(): Promise<RuntimeStatus[]> {
    return Promise.all(this.#runtimes.map((runtime) => runtime.probe()));
  }

  /**
   * @param options `stamp` changes when the model's file does; `pinned` sessions stay until they are closed as such
   * @throws AppError RUNTIME_UNKNOWN, and what the runtime's `open` throws
   */
  async open(
    model: ModelSummary,
    { pinned = false, ...options }: OpenRequest & { readonly stamp: string; readonly pinned?: boolean },
    signal?: AbortSignal,
  ): Promise<OpenSession> {
    const { path, input, output, preprocessing, labels, id } = model;
    const key = JSON.stringify([id, path, input, output, preprocessing, labels, options]);
    const kept = [...this.#entries.values()].find((entry) => entry.key === key);
    if (kept !== undefined) {
      kept.users += 1;
      if (pinned) kept.pins += 1;
      kept.lastUsed = ++this.#clock;
      return kept.opened;
    }
    const sessionId = randomUUID();
    const opened = this.#start(sessionId, model, options, signal);
    this.#entries.set(sessionId, { key, opened, users: 1, pins: pinned ? 1 : 0, lastUsed: ++this.#clock });
    try {
      const result = await opened;
      await this.#closeUnused();
      return result;
    } catch (error) {
      this.#entries.delete(sessionId);
      throw error;
    }
  }

  /** @throws AppError SESSION_UNKNOWN */
  get(sessionId: string): Promise<OpenSession> {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) {
      throw new AppError('SESSION_UNKNOWN', 'The model is not open any more.', { hint: 'Open the model again.' });
    }
    entry.lastUsed = ++this.#clock;
    return entry.opened;
  }

  /**
   * Pins a session that is open already: it stays until it is released, whoever closes it meanwhile.
   * @throws AppError SESSION_UNKNOWN
   */
  async hold(sessionId: string): Promise<{ readonly open: OpenSession; release(): Promise<void> }> {
    const open = await this.get(sessionId);
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) return { open, release: async () => undefined };
    entry.users += 1;
    entry.pins += 1;
    return { open, release: () => this.close(sessionId, true) };
  }

  /** @param pinned whether it was opened so */
  async close(sessionId: string, pinned = false): Promise<void> {
    const entry = this.#entries.get(sessionId);
    if (entry === undefined) return;
    entry.users -= 1;
    if (pinned) entry.pins -= 1;
    // Who closes twice does not close what others rely on.
    entry.users = Math.max(entry.users, entry.pins);
    if (entry.users <= 0) await this.#end(sessionId, entry);
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#entries].map(([id, entry]) => this.#end(id, entry)));
  }

  async #start(
    id: string,
    model: ModelSummary,
    { runtime: runtimeId, threads, engineId, stamp }: OpenRequest & { readonly stamp: string },
    signal: AbortSignal | undefined,
  ): Promise<OpenSession> {
    const runtime = this.#runtimes.find((candidate) => candidate.id === runtimeId);
    if (runtime === undefined) {
      throw new AppError('RUNTIME_UNKNOWN', `This version of the studio has no runtime "${runtimeId}".`, {
        hint: `Use ${this.#runtimes.map((candidate) => candidate.id).join(' or ')}.`,
        details: { runtime: runtimeId },
      });
    }
    const start = process.hrtime.bigint();
    const session = await runtime.open(model, {
      threads,
      ...(engineId === undefined ? {} : { engineId }),
      ...(signal === undefined ? {} : { signal }),
    });
    const info: SessionInfo = {
      id,
      modelId: model.id,
      modelName: model.name,
      runtime: runtimeId,
      runtimeVersion: session.runtimeVersion,
      device: session.device,
      precision: session.precision,
      threads: session.threads,
      fallback: null,
      openedIn: Number(process.hrtime.bigint() - start),
    };
    const { id: modelId, input, output, preprocessing } = model;
    const facts = [modelId, stamp, input, output, preprocessing, runtimeId, engineId ?? null, session.precision];
    return { info, session, model, identity: JSON.stringify(facts) };
  }

  async #closeUnused(): Promise<void> {
    const byAge = [...this.#entries]
      .filter(([, { pins }]) => pins === 0)
      .sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [id, entry] of byAge.slice(0, Math.max(0, byAge.length - MOST_SESSIONS))) await this.#end(id, entry);
  }

  async #end(id: string, entry: Entry): Promise<void> {
    this.#entries.delete(id);
    const opened = await entry.opened.catch(() => null);
    await opened?.session.close();
  }
}
