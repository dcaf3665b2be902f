import { runtimeOfFamily } from '../shared/domain/engine';
import type { ModelSummary } from '../shared/domain/model';
import type { SessionInfo } from '../shared/domain/runtime';
import { chooseModel } from './choose-model';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';
import { warningLine } from './terminal';

export interface SessionChoice {
  readonly model?: string;
  /** Id of an engine, or its beginning; its model is then used. */
  readonly engine?: string;
  readonly threads: number;
}

export interface OpenedSession {
  readonly session: SessionInfo;
  readonly model: ModelSummary;
}

/** Opens what the options name for one piece of work, tells its warnings, and leaves the library as it was. */
export async function withSession<T>(
  context: CliContext,
  studio: LocalStudio,
  { model: wanted, engine, threads }: SessionChoice,
  work: (opened: OpenedSession) => Promise<T>,
): Promise<T> {
  const untied = new AbortController().signal;
  const { lastModelId } = await studio.call('settings.get', {});
  const built = engine === undefined ? null : (await studio.call('engines.inspect', { engineId: engine })).engine;
  const { model, release } = await chooseModel(studio, context, wanted ?? built?.modelPath);
  try {
    for (const warning of model.warnings) context.terminal.warning(`${model.id}: ${warningLine(warning)}`);
    const session = await studio.call('session.open', {
      modelId: model.id,
      threads,
      ...(built === null ? {} : { runtime: runtimeOfFamily(built.runtime.family), engineId: built.id }),
    });
    try {
      if (session.fallback !== null) context.terminal.warning(session.fallback);
      return await work({ session, model });
    } finally {
      await studio.call('session.close', { sessionId: session.id }, untied);
    }
  } finally {
    await release();
    // The window goes on with its own model, not with the one of the last command.
    await studio.call('settings.update', { lastModelId }, untied);
  }
}
