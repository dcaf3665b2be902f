import { z } from 'zod';
import { AppError, fromErrorReport, toErrorReport } from './app-error';
import type {
  CallArgs,
  CallContext,
  CallInput,
  CallName,
  CallResult,
  EventName,
  EventPayload,
  StudioHandlers,
} from './contract';
import { calls, events } from './contract';
import { errorReportSchema } from './domain/job';
import type { Mask } from './domain/mask';
import { packMask } from './domain/mask';

/** A pipe for plain objects and Uint8Arrays: a MessagePort, a WebSocket with MessagePack, a child process. */
export interface Channel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** `reason` is a sentence for the user. */
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

const wireSchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('call'), id: z.int(), name: z.string(), args: z.unknown() }),
  z.object({ t: z.literal('cancel'), id: z.int() }),
  z.object({ t: z.literal('result'), id: z.int(), value: z.unknown() }),
  z.object({ t: z.literal('error'), id: z.int(), error: errorReportSchema }),
  z.object({ t: z.literal('event'), name: z.string(), payload: z.unknown() }),
]);
type Wire = z.infer<typeof wireSchema>;

export interface StudioClient {
  call<K extends CallName>(name: K, args: CallInput<K>, options?: { signal?: AbortSignal }): Promise<CallResult<K>>;
  /** Answers with a function that unsubscribes. */
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void;
  close(): void;
}

interface PendingCall {
  readonly name: CallName;
  settle(outcome: { value: unknown } | { error: Error }): void;
}

type Listeners = Map<string, Set<(payload: unknown) => void>>;

/** The calling side. When the channel closes, every pending call is rejected with HOST_GONE and the reason. */
export function createStudioClient(channel: Channel): StudioClient {
  const pending = new Map<number, PendingCall>();
  const listeners: Listeners = new Map();
  let nextId = 1;
  let closedBecause: string | null = null;

  channel.onMessage((message) => receiveAnswer(message, pending, listeners));
  channel.onClose((reason) => {
    closedBecause = reason;
    for (const call of pending.values()) call.settle({ error: hostGone(reason) });
    pending.clear();
  });

  return {
    call: (name, args, options = {}) =>
      new Promise((resolve, reject) => {
        if (closedBecause !== null) return reject(hostGone(closedBecause));
        if (options.signal?.aborted === true) return reject(cancelled());
        const id = nextId++;
        const abort = (): void => {
          channel.send({ t: 'cancel', id } satisfies Wire);
          pending.delete(id);
          reject(cancelled());
        };
        pending.set(id, {
          name,
          settle: (outcome) => {
            options.signal?.removeEventListener('abort', abort);
            if ('error' in outcome) reject(outcome.error);
            else parseInto(calls[name].result as z.ZodType, outcome.value, `result of ${name}`, resolve, reject);
          },
        });
        options.signal?.addEventListener('abort', abort, { once: true });
        channel.send({ t: 'call', id, name, args } satisfies Wire);
      }),
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      const guarded = (payload: unknown): void => {
        const parsed = events[name].safeParse(payload);
        if (parsed.success) listener(parsed.data as EventPayload<typeof name>);
      };
      set.add(guarded);
      return () => void set.delete(guarded);
    },
    close: () => channel.close(),
  };
}

function receiveAnswer(message: unknown, pending: Map<number, PendingCall>, listeners: Listeners): void {
  const parsed = wireSchema.safeParse(message);
  if (!parsed.success) return;
  const wire = parsed.data;
  if (wire.t === 'event') {
    for (const listener of listeners.get(wire.name) ?? []) listener(wire.payload);
    return;
  }
  if (wire.t !== 'result' && wire.t !== 'error') return;
  const call = pending.get(wire.id);
  if (call === undefined) return;
  pending.delete(wire.id);
  call.settle(wire.t === 'result' ? { value: wire.value } : { error: fromErrorReport(wire.error) });
}

export interface ServedStudio {
  emit<K extends EventName>(name: K, payload: EventPayload<K>): void;
  /** Calls that are not answered yet. */
  running(): number;
}

/** The answering side. Stops all running calls when the channel closes. */
export function serveStudio(channel: Channel, handlers: StudioHandlers): ServedStudio {
  const running = new Map<number, AbortController>();
  const gone = new AbortController();
  let open = true;
  const send = (message: Wire): void => {
    if (open) channel.send(message);
  };

  channel.onMessage((message) => {
    const parsed = wireSchema.safeParse(message);
    if (!parsed.success) return;
    const wire = parsed.data;
    if (wire.t === 'cancel') running.get(wire.id)?.abort();
    if (wire.t !== 'call') return;
    const controller = new AbortController();
    running.set(wire.id, controller);
    void dispatch(handlers, wire, { signal: controller.signal, gone: gone.signal })
      .then(
        (value) => send({ t: 'result', id: wire.id, value: packed(value) }),
        (error: unknown) => send({ t: 'error', id: wire.id, error: toErrorReport(error) }),
      )
      .finally(() => running.delete(wire.id));
  });
  channel.onClose(() => {
    open = false;
    for (const controller of running.values()) controller.abort();
    gone.abort();
  });
  return { emit: (name, payload) => send({ t: 'event', name, payload }), running: () => running.size };
}

async function dispatch(
  handlers: StudioHandlers,
  { name, args }: { readonly name: string; readonly args?: unknown },
  context: CallContext,
): Promise<unknown> {
  if (!isCallName(name)) throw new AppError('CALL_UNKNOWN', `There is no call named ${name}.`);
  return invoke(handlers, name, args, context);
}

async function invoke<K extends CallName>(
  handlers: StudioHandlers,
  name: K,
  args: unknown,
  context: CallContext,
): Promise<CallResult<K>> {
  const parsed = calls[name].args.safeParse(args);
  if (!parsed.success) {
    throw new AppError('CALL_INVALID', `The arguments of ${name} are invalid: ${z.prettifyError(parsed.error)}`);
  }
  return handlers[name](parsed.data as CallArgs<K>, context);
}

/** Masks are the one thing that is both large and waited for. */
function packed(value: unknown): unknown {
  if (hasMask(value)) return { ...value, mask: packMask(value.mask) };
  return hasSides(value) ? { ...value, sides: value.sides.map(packed) } : value;
}

function hasSides(value: unknown): value is { readonly sides: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'sides' in value && Array.isArray(value.sides);
}

function hasMask(value: unknown): value is { readonly mask: Mask } {
  return typeof value === 'object' && value !== null && 'mask' in value;
}

function isCallName(name: string): name is CallName {
  return Object.prototype.hasOwnProperty.call(calls, name);
}

function parseInto(
  schema: z.ZodType,
  value: unknown,
  what: string,
  resolve: (value: never) => void,
  reject: (error: Error) => void,
): void {
  const parsed = schema.safeParse(value);
  if (parsed.success) resolve(parsed.data as never);
  else reject(new Error(`The ${what} breaks the contract: ${z.prettifyError(parsed.error)}`));
}

function hostGone(reason: string): AppError {
  return new AppError('HOST_GONE', reason, { hint: 'The work was not finished. Start it again.' });
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'The work was cancelled.');
}
