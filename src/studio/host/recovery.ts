import { basename } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { CallArgs, CallContext, CallResult, StudioHandlers } from '../../shared/contract';
import { runtimeIdSchema } from '../../shared/domain/runtime';
import type { ExportOrder } from '../../shared/video-export-contract';
import type { PictureEntry } from '../../shared/domain/picture';
import type { Workspace } from './protocol';

export interface RecoveryOptions {
  /** What was open when the last host crashed; empty for the first host. */
  readonly workspace: Workspace;
  readonly suspects: readonly string[];
  onWorkspace(workspace: Workspace): void;
  onWorking(pictureIds: string[]): void;
}

/**
 * Wraps the studio's handlers so that a crash of this process loses as little as can be: it reports what is open and
 * what is in work, and opens again what the last process had. Ids that shells hold stay valid: they are translated where
 * the new studio gives another one.
 */
export function recoverable(handlers: StudioHandlers, options: RecoveryOptions): StudioHandlers {
  const recovery = new Recovery(handlers, options);
  return {
    ...handlers,
    'pictures.add': (args, context) => recovery.remember(() => handlers['pictures.add'](args, context)),
    'pictures.addBytes': (args, context) => recovery.remember(() => handlers['pictures.addBytes'](args, context)),
    'pictures.samples': async (args, context) => {
      const samples = async () => ({ added: await handlers['pictures.samples'](args, context) });
      return (await recovery.remember(samples)).added;
    },
    'pictures.open': async ({ pictureId }, context) => {
      const info = await handlers['pictures.open']({ pictureId: await recovery.picture(pictureId) }, context);
      return { ...info, id: pictureId };
    },
    'pictures.remove': (args, context) => recovery.forget(args, context),
    'pictures.read': async (args, context) =>
      handlers['pictures.read']({ ...args, pictureId: await recovery.picture(args.pictureId) }, context),
    'models.preview': async (args, context) =>
      handlers['models.preview']({ ...args, pictureId: await recovery.picture(args.pictureId) }, context),
    'session.open': (args, context) => recovery.openSession(args, context),
    'session.close': async ({ sessionId }, context) => {
      const inner = await recovery.session(sessionId);
      recovery.sessionClosed(sessionId);
      return handlers['session.close']({ sessionId: inner }, context);
    },
    'session.segment': (args, context) => recovery.segment(args, context),
    ...comparing(handlers, recovery),
    ...batching(handlers, recovery),
    ...exportingVideo(handlers, recovery),
    'session.segmentFrame': async (args, context) => {
      const sessionId = await recovery.session(args.sessionId);
      const answer = await handlers['session.segmentFrame']({ ...args, sessionId }, context);
      return { ...answer, sessionId: args.sessionId };
    },
    'video.sample': async (args, context) => {
      const entry = await handlers['video.sample'](args, context);
      if (entry === null) return null;
      return (await recovery.remember(async () => ({ added: [entry] }))).added[0] ?? null;
    },
    'video.read': async (args, context) =>
      handlers['video.read']({ ...args, pictureId: await recovery.picture(args.pictureId) }, context),
    'video.export': async (args, context) =>
      handlers['video.export']({ ...args, sessionId: await recovery.session(args.sessionId) }, context),
    'export.picture': async (args, context) => {
      const [sessionId, pictureId] = [await recovery.session(args.sessionId), await recovery.picture(args.pictureId)];
      return recovery.working(args.pictureId, () =>
        handlers['export.picture']({ ...args, sessionId, pictureId }, context),
      );
    },
    'export.pictures': async (args, context) => {
      const pictureIds = await Promise.all(args.pictureIds.map((id) => recovery.picture(id)));
      return handlers['export.pictures'](
        { ...args, pictureIds, sessionId: await recovery.session(args.sessionId) },
        context,
      );
    },
  };
}

/** A comparison itself is not opened again: whoever holds its id is told that it is gone. */
function comparing(
  handlers: StudioHandlers,
  recovery: Recovery,
): Pick<StudioHandlers, 'compare.picture' | 'compare.run'> {
  return {
    'compare.picture': async (args, context) => {
      recovery.checkSuspect(args);
      const pictureId = await recovery.picture(args.pictureId);
      const found = await recovery.working(args.pictureId, () =>
        handlers['compare.picture']({ ...args, pictureId }, context),
      );
      return { ...found, pictureId: args.pictureId, picture: { ...found.picture, id: args.pictureId } };
    },
    'compare.run': async ({ pictureIds, ...args }, context) => {
      if (pictureIds === undefined) return handlers['compare.run'](args, context);
      const ids = await Promise.all(pictureIds.map((id) => recovery.picture(id)));
      return handlers['compare.run']({ ...args, pictureIds: ids }, context);
    },
  };
}

/** Batches ended with the last process; their journals know how far they came. */
function batching(
  handlers: StudioHandlers,
  recovery: Recovery,
): Pick<StudioHandlers, 'batch.plan' | 'batch.start' | 'batch.retry'> {
  return {
    'batch.plan': async (args, context) =>
      handlers['batch.plan']({ ...args, sessionId: await recovery.session(args.sessionId) }, context),
    'batch.start': async (args, context) =>
      handlers['batch.start']({ ...args, sessionId: await recovery.session(args.sessionId) }, context),
    'batch.retry': async ({ jobId, sessionId }, context) => {
      const through = sessionId === undefined ? {} : { sessionId: await recovery.session(sessionId) };
      return handlers['batch.retry']({ jobId, ...through }, context);
    },
  };
}

/** What is kept of an export outlives the process; what it is of is looked up under the ids of this one. */
function exportingVideo(
  handlers: StudioHandlers,
  recovery: Recovery,
): Pick<StudioHandlers, 'videoExport.kept' | 'videoExport.open'> {
  const inner = async <T extends ExportOrder>({ sessionId, video, ...order }: T) => ({
    ...order,
    sessionId: await recovery.session(sessionId),
    video: 'pictureId' in video ? { pictureId: await recovery.picture(video.pictureId) } : video,
  });
  return {
    'videoExport.kept': async (args, context) => handlers['videoExport.kept'](await inner(args), context),
    'videoExport.open': async (args, context) => handlers['videoExport.open'](await inner(args), context),
  };
}

class Recovery {
  readonly #handlers: StudioHandlers;
  readonly #options: RecoveryOptions;
  /** By the id that shells know. */
  readonly #pictures = new Map<string, { name: string; path: string }>();
  readonly #suspects: Set<string>;
  readonly #inWork = new Map<string, number>();
  /** From the id that shells know to the studio's, and back. */
  readonly #inner = new Map<string, string>();
  readonly #outer = new Map<string, string>();
  readonly #restored: Promise<void>;
  #session: Workspace['session'] = null;
  /** How often each session was opened and not closed: windows that ask for the same one share it. */
  readonly #users = new Map<string, number>();
  #reopened: Promise<void> = Promise.resolve();

  constructor(handlers: StudioHandlers, options: RecoveryOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#suspects = new Set(options.suspects);
    const { pictures, session } = options.workspace;
    for (const { id, name, path } of pictures) this.#pictures.set(id, { name, path });
    if (session !== null) {
      // Told until it is open: should this process end before that, the next one has to open it.
      this.#session = { ...session, reopening: true };
      this.#report();
    }
    this.#restored = this.#restorePictures(pictures);
    if (session !== null) this.#reopened = this.#reopen(session);
  }

  async picture(id: string): Promise<string> {
    await this.#restored;
    return this.#inner.get(id) ?? id;
  }

  async session(id: string): Promise<string> {
    await this.#reopened;
    return this.#inner.get(id) ?? id;
  }

  async remember<T extends { added: PictureEntry[] }>(add: () => Promise<T>): Promise<T> {
    await this.#restored;
    const result = await add();
    const added = result.added.map((entry) => ({ ...entry, id: this.#outer.get(entry.id) ?? entry.id }));
    for (const { id, name, path } of added) if (path !== null) this.#pictures.set(id, { name, path });
    this.#report();
    return { ...result, added };
  }

  async forget(args: CallArgs<'pictures.remove'>, context: CallContext): Promise<null> {
    const pictureIds = await Promise.all(args.pictureIds.map((id) => this.picture(id)));
    for (const id of args.pictureIds) this.#pictures.delete(id);
    this.#report();
    return this.#handlers['pictures.remove']({ pictureIds }, context);
  }

  async openSession(args: CallArgs<'session.open'>, context: CallContext): Promise<CallResult<'session.open'>> {
    await this.#reopened;
    const info = await this.#handlers['session.open'](args, context);
    const id = this.#outer.get(info.id) ?? info.id;
    this.#sessionOpened(id, args);
    this.#report();
    return { ...info, id };
  }

  #sessionOpened(
    id: string,
    { modelId, runtime, threads, engineId }: Omit<NonNullable<Workspace['session']>, 'id'>,
  ): void {
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1);
    this.#session = { id, modelId, runtime, threads, ...(engineId === undefined ? {} : { engineId }) };
  }

  /** One of those who share it needs it no longer. */
  sessionClosed(id: string): void {
    const users = (this.#users.get(id) ?? 0) - 1;
    if (users > 0) return void this.#users.set(id, users);
    this.#users.delete(id);
    if (this.#session?.id !== id) return;
    this.#session = null;
    this.#report();
  }

  async segment(args: CallArgs<'session.segment'>, context: CallContext): Promise<CallResult<'session.segment'>> {
    this.checkSuspect(args);
    const sessionId = await this.session(args.sessionId);
    const pictureId = await this.picture(args.pictureId);
    const result = await this.working(args.pictureId, () =>
      this.#handlers['session.segment']({ ...args, sessionId, pictureId }, context),
    );
    const picture = { ...result.picture, id: args.pictureId };
    return { ...result, picture, pictureId: args.pictureId, sessionId: args.sessionId };
  }

  /** What was in work when the last host crashed is not tried again unasked. @throws AppError HOST_CRASHED_BEFORE */
  checkSuspect({ pictureId, fresh }: { readonly pictureId: string; readonly fresh: boolean }): void {
    if (!this.#suspects.has(pictureId)) return;
    if (!fresh) throw suspectError(this.#pictures.get(pictureId)?.name ?? 'This picture');
    this.#suspects.delete(pictureId);
  }

  /** Says that a network works on a picture for as long as `work` lasts. */
  async working<T>(pictureId: string, work: () => Promise<T>): Promise<T> {
    this.#count(pictureId, 1);
    try {
      const result = await work();
      this.#count(pictureId, -1);
      return result;
    } catch (error) {
      // What lost the device ends this process: for the next one it was in work.
      if (!(error instanceof AppError && error.code === 'DEVICE_LOST')) this.#count(pictureId, -1);
      throw error;
    }
  }

  #count(pictureId: string, by: 1 | -1): void {
    const count = (this.#inWork.get(pictureId) ?? 0) + by;
    if (count > 0) this.#inWork.set(pictureId, count);
    else this.#inWork.delete(pictureId);
    this.#options.onWorking([...this.#inWork.keys()]);
  }

  #report(): void {
    const pictures = [...this.#pictures].map(([id, { name, path }]) => ({ id, name, path }));
    this.#options.onWorkspace({ pictures, session: this.#session });
  }

  async #restorePictures(pictures: Workspace['pictures']): Promise<void> {
    if (pictures.length === 0) return;
    const idByPath = new Map(pictures.map(({ id, path }) => [path, id]));
    const signal = new AbortController().signal;
    try {
      const { added } = await this.#handlers['pictures.add']({ paths: [...idByPath.keys()] }, { signal });
      for (const entry of added) this.#alias(entry.path === null ? undefined : idByPath.get(entry.path), entry.id);
    } catch {
      // Files that are gone by now are reported when the shell asks for them.
    }
    this.#report();
  }

  async #reopen(session: NonNullable<Workspace['session']>): Promise<void> {
    const { id, modelId, threads, engineId } = session;
    try {
      const runtime = runtimeIdSchema.parse(session.runtime);
      const signal = new AbortController().signal;
      const info = await this.#handlers['session.open']({ modelId, runtime, threads, engineId }, { signal });
      this.#alias(id, info.id);
      this.#sessionOpened(id, session);
    } catch {
      // The shell is told by the studio that its session is unknown, and opens one with the reason at hand.
      this.#session = null;
    }
    this.#report();
  }

  #alias(outer: string | undefined, inner: string): void {
    if (outer === undefined || outer === inner) return;
    this.#inner.set(outer, inner);
    this.#outer.set(inner, outer);
  }
}

function suspectError(name: string): AppError {
  const file = basename(name);
  return new AppError('HOST_CRASHED_BEFORE', `The engine host crashed while it worked on ${file}.`, {
    hint: 'It was not tried again by itself. Run it again if you think the picture was not the cause.',
    details: { file },
  });
}
