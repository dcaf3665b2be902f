import { readdir, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import { AppError } from '../../shared/app-error';
import type { Label, ModelSummary, Preprocessing } from '../../shared/domain/model';
import { findContradictions } from './contradictions';
import { describeGraph } from './describe-graph';
import type { DescribeGraph } from './graph-description';
import type { LibraryEntry } from './library-index';
import { LibraryIndex } from './library-index';
import { canonicalPath, locateModel } from './locate-model';
import { freshId, nameFromPlace } from './model-name';
import type { ReadModel } from './model-reader';
import { readModel, readModelForList } from './model-reader';
import { remark } from '../../shared/remark';
import type { DroppedFile } from './store-dropped';
import { storeDropped } from './store-dropped';
import { FolderWatch } from './watch-folders';

export interface ModelLibraryOptions {
  /** The index and what is downloaded or dropped without a path. Made when first written. */
  readonly dataDirectory: string;
  /** Its `models/` holds one folder for each model that ships with the studio. */
  readonly resourcesDirectory: string;
  /** Replaced in tests only. */
  readonly describe?: DescribeGraph;
  /** Called after every change: an addition, a removal, a choice, a file that changed on disk. */
  readonly onChange?: (models: ModelSummary[]) => void;
}

export interface AddOptions {
  readonly origin?: LibraryEntry['origin'];
  readonly licence?: LibraryEntry['licence'];
}

/**
 * The models that the studio knows. A model stays where it lies; the library keeps its place, what its graph looks like,
 * and what the user chose for it. Calls may overlap; changes are made one after another.
 */
export class ModelLibrary {
  readonly #options: ModelLibraryOptions;
  readonly #index: LibraryIndex;
  readonly #watch: FolderWatch | null;
  /** Entries that could not be written to disk; kept while the process lives. */
  readonly #unwritten = new Map<string, ErrorReport>();
  #changes: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** What listeners were told last. */
  #announced = '';

  constructor(options: ModelLibraryOptions) {
    this.#options = options;
    this.#index = new LibraryIndex(options.dataDirectory);
    this.#watch = options.onChange === undefined ? null : new FolderWatch(() => this.#announce());
  }

  /** The bundled models first, then the others by name. */
  async list(): Promise<ModelSummary[]> {
    const read = await Promise.all((await this.#entries()).map((entry) => readModelForList(entry, this.#describe)));
    const found = read.filter((each): each is ReadModel => each !== null);
    await this.#remember(found.map((each) => each.entry));
    this.#watch?.set(found.map((each) => each.summary.path));
    return found
      .map((each) => this.#withNotes(each.summary))
      .sort((a, b) => Number(b.bundled) - Number(a.bundled) || a.name.localeCompare(b.name, 'en'));
  }

  /** A model ready for use. Rejects with MODEL_NOT_FOUND, or with what is wrong with its files. */
  async get(modelId: string): Promise<ModelSummary> {
    const read = await readModel(await this.#entry(modelId), this.#describe);
    await this.#remember([read.entry]);
    return this.#withNotes(read.summary);
  }

  /** Changes whenever the ONNX file does; what was made from another stamp is stale. */
  async stamp(modelId: string): Promise<string> {
    const { entry } = await readModel(await this.#entry(modelId), this.#describe);
    return `${entry.seen?.sizeBytes ?? 0}-${entry.seen?.modifiedMs ?? 0}`;
  }

  /** Model ids by the repository they were fetched from. */
  async origins(): Promise<Map<string, string>> {
    const entries = await this.#entries();
    return new Map(entries.flatMap(({ origin, id }) => (origin === undefined ? [] : [[origin.repo, id] as const])));
  }

  /** Adds an ONNX file, a folder that holds one, or a `model.json`. The same file twice is one model. */
  async add(path: string, options: AddOptions = {}): Promise<ModelSummary> {
    const place = await locateModel(path);
    const onnx = await canonicalPath(place.path);
    const summary = await this.#change(async (entries) => {
      const known = entries.find((entry) => entry.path === onnx);
      const candidate: LibraryEntry = { ...(known ?? { id: '', path: onnx, bundled: false }), ...options };
      // Watched before it is read, so that no change falls between the two.
      this.#watch?.include(onnx);
      const read = await readModel(candidate, this.#describe);
      const taken = new Set(entries.map((entry) => entry.id));
      const id = known?.id ?? freshId(nameFromPlace(onnx, options.origin), taken);
      const entry = { ...read.entry, id };
      await this.#write([...entries.filter((each) => each !== known), entry], id);
      return { ...read.summary, id };
    });
    this.#announce();
    return this.#withNotes(summary);
  }

  /** Adds an ONNX file that came as bytes, with the files that came beside it; they are kept in the data folder. */
  async addBytes(files: readonly DroppedFile[]): Promise<ModelSummary> {
    const stored = await storeDropped(files, join(this.#options.dataDirectory, 'models', 'dropped'));
    try {
      return await this.add(stored.path);
    } catch (error) {
      if (stored.fresh) await rm(stored.folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Forgets a model. Files are deleted only when the studio itself put them there. */
  async remove(modelId: string): Promise<void> {
    await this.#change(async (entries) => {
      const entry = findEntry(entries, modelId);
      if (entry.bundled) {
        throw new AppError('MODEL_BUNDLED', `The model ${modelId} ships with the studio and cannot be removed.`, {
          hint: 'Choose another model; this one takes no further room.',
        });
      }
      await this.#write(
        entries.filter((each) => each !== entry),
        null,
      );
      const own = ownFolder(this.#options.dataDirectory, entry.path);
      const shared = entries.some((each) => each !== entry && own !== null && each.path.startsWith(own + sep));
      if (own !== null && !shared) await rm(own, { recursive: true, force: true });
      else if (own !== null) await rm(entry.path, { force: true });
    });
    this.#announce();
  }

  /** Keeps what the user chose. Rejects with MODEL_SETTINGS_CONTRADICT when the network cannot be used so. */
  async configure(
    modelId: string,
    choice: { labels?: Label[] | undefined; preprocessing?: Preprocessing | undefined },
  ): Promise<ModelSummary> {
    const summary = await this.#change(async (entries) => {
      const entry = findEntry(entries, modelId);
      const current = await readModel(entry, this.#describe);
      const graph = current.entry.seen?.graph;
      const [first] = graph === undefined ? [] : findContradictions(choice, graph);
      if (first !== undefined) {
        throw new AppError('MODEL_SETTINGS_CONTRADICT', `${modelId} cannot be used so: ${first.what}.`, {
          hint: first.remedy,
          details: { model: modelId, key: first.key },
        });
      }
      const chosen = Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== undefined));
      const read = await readModel({ ...current.entry, ...chosen }, this.#describe);
      await this.#write(
        entries.map((each) => (each === entry ? read.entry : each)),
        modelId,
      );
      return read.summary;
    });
    this.#announce();
    return this.#withNotes(summary);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#changes.catch(() => undefined);
  }

  get #describe(): DescribeGraph {
    return this.#options.describe ?? describeGraph;
  }

  async #entry(modelId: string): Promise<LibraryEntry> {
    return findEntry(await this.#entries(), modelId);
  }

  /** What the index holds, with the bundled models at the place where they lie today. */
  async #entries(): Promise<LibraryEntry[]> {
    const kept = await this.#index.read();
    const bundled = await bundledEntries(join(this.#options.resourcesDirectory, 'models'));
    const known = new Map(kept.map((entry) => [entry.id, entry]));
    const shipped = bundled.map((entry) => ({ ...known.get(entry.id), ...entry }));
    const ids = new Set(shipped.map((entry) => entry.id));
    return [...shipped, ...kept.filter((entry) => !entry.bundled && !ids.has(entry.id))];
  }

  /** Runs one change at a time, each on what the one before it left. */
  #change<T>(work: (entries: LibraryEntry[]) => Promise<T>): Promise<T> {
    const next = this.#changes.catch(() => undefined).then(async () => work(await this.#entries()));
    this.#changes = next.catch(() => undefined);
    return next;
  }

  /** Keeps the library usable where nothing can be written; `id` then carries the reason as a note. */
  async #write(entries: LibraryEntry[], id: string | null): Promise<void> {
    try {
      await this.#index.write(entries);
      this.#unwritten.clear();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (id === null) return;
      const what = `This is remembered until the studio closes: ${error.message}`;
      this.#unwritten.set(id, remark('not-kept', what));
    }
  }

  /** Saves what was newly seen of files, so that the next start need not read them. Not worth an error. */
  async #remember(seen: readonly LibraryEntry[]): Promise<void> {
    const byId = new Map(seen.map((entry) => [entry.id, entry]));
    const stale = (entry: LibraryEntry): boolean => {
      const now = byId.get(entry.id)?.seen;
      return now !== undefined && now.modifiedMs !== entry.seen?.modifiedMs;
    };
    if (!(await this.#entries()).some(stale)) return;
    // A list that was asked for in the background may end after the studio was closed.
    if (this.#closed) return;
    await this.#change(async (entries) => {
      const updated = entries.map((entry) => (stale(entry) ? { ...entry, seen: byId.get(entry.id)?.seen } : entry));
      await this.#write(updated, null);
    });
  }

  #withNotes(summary: ModelSummary): ModelSummary {
    const note = this.#unwritten.get(summary.id);
    return note === undefined ? summary : { ...summary, warnings: [...summary.warnings, note] };
  }

  #announce(): void {
    const { onChange } = this.#options;
    if (onChange === undefined) return;
    void this.list().then(
      (models) => {
        // Files come and go beside models without a meaning for them.
        const state = JSON.stringify(models);
        if (this.#closed || state === this.#announced) return;
        this.#announced = state;
        onChange(models);
      },
      () => undefined,
    );
  }
}

function findEntry(entries: readonly LibraryEntry[], modelId: string): LibraryEntry {
  const entry = entries.find((each) => each.id === modelId);
  if (entry !== undefined) return entry;
  const ids = entries.map((each) => each.id);
  throw new AppError('MODEL_NOT_FOUND', `There is no model ${modelId} in the library.`, {
    hint: ids.length === 0 ? 'Add an ONNX file first.' : `It holds ${ids.join(', ')}.`,
    details: { model: modelId },
  });
}

async function bundledEntries(folder: string): Promise<LibraryEntry[]> {
  const names = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: LibraryEntry[] = [];
  for (const { name } of names.filter((each) => each.isDirectory()).sort((a, b) => a.name.localeCompare(b.name))) {
    const place = await locateModel(join(folder, name)).catch(() => null);
    if (place !== null) found.push({ id: name, path: place.path, bundled: true });
  }
  return found;
}

/** The folder below `<data>/models/<kind>/` that holds this file; null when it lies elsewhere. */
function ownFolder(dataDirectory: string, path: string): string | null {
  const root = join(dataDirectory, 'models');
  const parts = relative(root, path).split(sep);
  const [kind, name] = parts;
  if (kind === undefined || name === undefined || kind === '..' || parts.length < 3) return null;
  return join(root, kind, name);
}
