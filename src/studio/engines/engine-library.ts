import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { AppError, toErrorReport } from '../../shared/app-error';
import type { EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { isMissing, readError, writeError } from '../library/json-file';
import { checkPlan, damaged, readEngine, readRecord } from './engine-files';
import type { Machine } from './engine-state';
import { stateOf, summarise } from './engine-state';
import { ModelIdentities } from './model-identity';
import { TrustStore } from './trust-store';

export interface EngineLibraryOptions {
  /** Its `engines/` holds a folder for each engine. */
  readonly dataDirectory: string;
  /** What runs on this machine. */
  machine(): Promise<Machine>;
  /** Called after every change that this process made. */
  readonly onChange?: (engines: EngineSummary[]) => void;
}

/** An engine that may be loaded: its files are whole, trusted, and made for this machine. */
export interface UsableEngine {
  readonly record: EngineRecord;
  readonly folder: string;
}

const STAGING = '.building-';
const TRASH = '.trash';
const ID = /^[0-9a-f]{16}$/;

/** The engines that were built, each in a folder that is whole or not there. */
export class EngineLibrary {
  readonly folder: string;
  readonly models = new ModelIdentities();
  readonly #options: EngineLibraryOptions;
  readonly #trust: TrustStore;

  constructor(options: EngineLibraryOptions) {
    this.#options = options;
    this.folder = join(options.dataDirectory, 'engines');
    this.#trust = new TrustStore(options.dataDirectory);
  }

  /** The newest first. Engines whose own description cannot be read are left out: {@link broken} names them. */
  async list(): Promise<EngineSummary[]> {
    const machine = await this.#options.machine();
    const found = await Promise.all((await this.#ids()).map((id) => this.#describe(id, machine)));
    return found
      .flatMap((each) => (each instanceof AppError ? [] : [each]))
      .sort((a, b) => (a.builtAt < b.builtAt ? 1 : -1));
  }

  /** What is wrong with each folder that cannot be read. */
  async broken(): Promise<AppError[]> {
    const machine = await this.#options.machine();
    const found = await Promise.all((await this.#ids()).map((id) => this.#describe(id, machine)));
    return found.flatMap((each) => (each instanceof AppError ? [each] : []));
  }

  /** @throws AppError ENGINE_NOT_FOUND, ENGINE_AMBIGUOUS, ENGINE_CORRUPT */
  async get(idOrStart: string): Promise<EngineSummary> {
    const id = await this.resolve(idOrStart);
    const described = await this.#describe(id, await this.#options.machine());
    if (described instanceof AppError) throw described;
    return described;
  }

  /** Reads an engine's description, whatever its state. @throws AppError ENGINE_NOT_FOUND, ENGINE_CORRUPT */
  async read(idOrStart: string): Promise<UsableEngine> {
    const folder = this.folderOf(await this.resolve(idOrStart));
    return { record: await readEngine(folder), folder };
  }

  /**
   * An engine to load, its plan read and compared with what was built.
   * @throws AppError ENGINE_NOT_FOUND, ENGINE_CORRUPT, ENGINE_UNTRUSTED, ENGINE_FOREIGN, ENGINE_STALE
   */
  async use(idOrStart: string): Promise<UsableEngine> {
    const summary = await this.get(idOrStart);
    if (summary.state !== 'ready') throw unusable(summary);
    const folder = this.folderOf(summary.id);
    const record = await readEngine(folder);
    await checkPlan(folder, record);
    return { record, folder };
  }

  /** The newest TensorRT engine of a model that runs here. @throws AppError ENGINE_NEEDED with the command that builds one */
  async newestFor(model: ModelSummary): Promise<UsableEngine> {
    const { sha256 } = await this.models.of(model.path);
    const own: EngineSummary[] = [];
    for (const engine of await this.list()) {
      if (engine.runtime.family === 'onnxruntime') continue;
      const { record } = await this.read(engine.id);
      if (record.recipe.model.sha256 === sha256 || engine.modelId === model.id) own.push(engine);
    }
    const ready = own.find(({ state }) => state === 'ready');
    if (ready !== undefined) return this.use(ready.id);
    const why = own[0] === undefined ? '' : ` The newest of it (${own[0].id}) is ${own[0].state}: ${own[0].reason}`;
    throw new AppError('ENGINE_NEEDED', `There is no TensorRT engine for ${model.name} that runs here.${why}`, {
      hint: `Build one: maskforge build ${model.id}`,
      details: { model: model.id },
    });
  }

  /** An id for as many of its first characters as are unique. */
  async resolve(idOrStart: string): Promise<string> {
    const ids = await this.#ids();
    if (ids.includes(idOrStart)) return idOrStart;
    const matches = idOrStart.length < 3 ? [] : ids.filter((id) => id.startsWith(idOrStart));
    const [only] = matches;
    if (only !== undefined && matches.length === 1) return only;
    if (only !== undefined) {
      throw new AppError(
        'ENGINE_AMBIGUOUS',
        `${matches.length} engines begin with ${idOrStart}: ${matches.join(', ')}.`,
        {
          hint: 'Give more of the id.',
        },
      );
    }
    throw new AppError('ENGINE_NOT_FOUND', `There is no engine ${idOrStart} in the library.`, {
      hint: '`maskforge engine list` shows what there is; `maskforge build` builds one.',
      details: { engine: idOrStart },
    });
  }

  folderOf(id: string): string {
    return join(this.folder, id);
  }

  /** A folder that nobody looks into until {@link place} gives it its name. */
  async stage(): Promise<string> {
    await this.#sweep();
    const folder = join(this.folder, `${STAGING}${process.pid}-${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw writeError(error, folder);
    }
    return folder;
  }

  /** Gives a complete staged folder its name in one step; an engine of the same id goes to the trash. */
  async place(staged: string, record: EngineRecord, origin: 'built' | 'imported'): Promise<EngineSummary> {
    const target = this.folderOf(record.id);
    // Before it is there: a crash in between leaves a trust in something that is not, which does no harm.
    if (origin === 'built') await this.#trust.add(record.id, record.plan.sha256, 'built');
    try {
      await this.#toTrash(record.id);
      await rename(staged, target);
    } catch (error) {
      throw writeError(error, target);
    }
    const summary = await this.get(record.id);
    await this.#announce();
    return summary;
  }

  /** Moves an engine to the trash. @throws AppError ENGINE_NOT_FOUND, FILE_NOT_WRITABLE */
  async remove(idOrStart: string): Promise<string> {
    const id = await this.resolve(idOrStart);
    try {
      await this.#toTrash(id);
    } catch (error) {
      throw writeError(error, this.folderOf(id));
    }
    await this.#announce();
    return id;
  }

  /** Brings the engine of this id back from the trash. @throws AppError ENGINE_NOT_FOUND */
  async restore(id: string): Promise<EngineSummary> {
    const removed = join(this.folder, TRASH, id);
    if (!ID.test(id) || !(await exists(removed))) {
      throw new AppError('ENGINE_NOT_FOUND', `There is no engine ${id} in the trash.`, { hint: 'Build it again.' });
    }
    try {
      await rename(removed, this.folderOf(id));
    } catch (error) {
      throw writeError(error, this.folderOf(id));
    }
    await this.#announce();
    return this.get(id);
  }

  /** The user says that this very plan may run here. @throws AppError ENGINE_NOT_FOUND, ENGINE_CORRUPT */
  async trust(idOrStart: string): Promise<EngineSummary> {
    const { record, folder } = await this.read(idOrStart);
    await checkPlan(folder, record);
    await this.#trust.add(record.id, record.plan.sha256, 'trusted');
    await this.#announce();
    return this.get(record.id);
  }

  /** Copies the engine's files into a new folder below `directory`. */
  async exportTo(idOrStart: string, directory: string): Promise<string[]> {
    const { record, folder } = await this.read(idOrStart);
    await checkPlan(folder, record);
    const target = join(directory, record.id);
    if (await exists(target)) {
      throw new AppError('FILE_EXISTS', `${target} exists already.`, {
        hint: 'Choose another folder.',
        details: { path: target },
      });
    }
    try {
      await cp(folder, target, { recursive: true, errorOnExist: true });
    } catch (error) {
      await rm(target, { recursive: true, force: true }).catch(() => undefined);
      throw writeError(error, target);
    }
    return (await readdir(target)).sort().map((name) => join(target, name));
  }

  /** Takes in an engine's folder from elsewhere; it is not trusted by that. @throws AppError ENGINE_CORRUPT */
  async importFrom(path: string): Promise<EngineSummary> {
    const record = await readEngine(path);
    await checkPlan(path, record);
    const staged = await this.stage();
    try {
      await cp(path, staged, { recursive: true });
      return await this.place(staged, record, 'imported');
    } finally {
      await rm(staged, { recursive: true, force: true });
    }
  }

  async #describe(id: string, machine: Machine): Promise<EngineSummary | AppError> {
    const folder = this.folderOf(id);
    let record: EngineRecord | null = null;
    try {
      record = await readRecord(folder);
      await readEngine(folder);
      if (record.id !== id) return damaged(folder, `it says that it is ${record.id}`);
      const { path } = record.model;
      const [isTrusted, isStale] = await Promise.all([
        this.#trust.trusts(id, record.plan.sha256),
        this.models.hasChanged(path, record.recipe.model),
      ]);
      return summarise(record, folder, stateOf(record, { machine, isTrusted, isStale }));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (record === null) return error;
      return summarise(record, folder, { state: 'damaged', why: toErrorReport(error) });
    }
  }

  async #ids(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => ID.test(name));
    } catch (error) {
      if (isMissing(error)) return [];
      throw readError(error, this.folder);
    }
  }

  /** One copy of each engine is kept there: the last one removed. */
  async #toTrash(id: string): Promise<void> {
    const removed = join(this.folder, TRASH, id);
    if (!(await exists(this.folderOf(id)))) return;
    await mkdir(join(this.folder, TRASH), { recursive: true });
    await rm(removed, { recursive: true, force: true });
    await rename(this.folderOf(id), removed);
  }

  /** Folders of builds whose process has ended without a word. */
  async #sweep(): Promise<void> {
    const names = await readdir(this.folder).catch((): string[] => []);
    for (const name of names.filter((each) => each.startsWith(STAGING))) {
      const pid = Number(name.slice(STAGING.length).split('-')[0]);
      if (!isRunning(pid)) await rm(join(this.folder, basename(name)), { recursive: true, force: true });
    }
  }

  async #announce(): Promise<void> {
    this.#options.onChange?.(await this.list());
  }
}

/** The error that says why an engine is not loaded. */
export function unusable({ id, modelId, modelName, state, reason }: EngineSummary): AppError {
  const codes = {
    ready: 'ENGINE_NEEDED',
    stale: 'ENGINE_STALE',
    foreign: 'ENGINE_FOREIGN',
    untrusted: 'ENGINE_UNTRUSTED',
    damaged: 'ENGINE_CORRUPT',
  } as const;
  const hint =
    state === 'untrusted'
      ? `If you know where it comes from: maskforge engine trust ${id}`
      : `maskforge build ${modelId}`;
  return new AppError(codes[state], `The engine ${id} of ${modelName} cannot be used. ${reason}`, {
    hint,
    details: { engine: id },
  });
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
