import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { z } from 'zod';
import type { CallArgs, CallInput, CallName, CallResult, EventName, EventPayload } from '../shared/contract';
import type { AppError } from '../shared/app-error';
import { calls } from '../shared/contract';
import { dataDirectory } from '../studio/data-directory';
import { unrestrictedAccess } from '../studio/file-access';
import type { Studio } from '../studio/studio-api';
import type { CliContext } from './context';
import { usageError } from './terminal';

/** The studio in this process, called as the other shells call it. */
export interface LocalStudio {
  /** Cancelled with the command; `signal` replaces the command's for calls that must outlive it. */
  call<K extends CallName>(name: K, args: CallInput<K>, signal?: AbortSignal): Promise<CallResult<K>>;
  /** Answers with a function that unsubscribes. */
  on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void;
}

/** Opens the studio for one piece of work and closes it afterwards, whatever happens. */
export async function withStudio<T>(context: CliContext, work: (studio: LocalStudio) => Promise<T>): Promise<T> {
  const events = new EventEmitter();
  // Loaded here, so that `--help` does not wait for image and network libraries.
  const { createStudio } = await import('../studio/studio');
  const studio: Studio = await createStudio({
    dataDirectory: dataDirectory({ ...context.io.env }),
    resourcesDirectory: join(context.root, 'resources'),
    access: unrestrictedAccess,
    env: context.io.env,
    emit: (name, payload) => void events.emit(name, payload),
  });
  try {
    return await work({
      call: (name, args, signal = context.signal) => callStudio(studio, name, args, signal),
      on: (name, listener) => {
        events.on(name, listener);
        return () => void events.off(name, listener);
      },
    });
  } finally {
    await studio.close();
  }
}

async function callStudio<K extends CallName>(
  studio: Studio,
  name: K,
  args: CallInput<K>,
  signal: AbortSignal,
): Promise<CallResult<K>> {
  const parsed = (calls[name].args as z.ZodType).safeParse(args);
  if (!parsed.success) throw unusable(parsed.error);
  return studio.handlers[name](parsed.data as CallArgs<K>, { signal });
}

/** What the user wrote passed the command line's own checks, but not the contract's. */
function unusable({ issues: [issue] }: z.ZodError): AppError {
  const where = issue === undefined || issue.path.length === 0 ? '' : ` for ${issue.path.join('.')}`;
  return usageError(
    `This cannot be used${where}: ${issue?.message ?? 'it is not valid'}.`,
    'Add --help to see how it is used.',
  );
}
