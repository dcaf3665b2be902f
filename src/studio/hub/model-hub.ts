import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { CatalogueEntry } from '../../shared/domain/catalogue';
import type { Licence, ModelSummary } from '../../shared/domain/model';
import type { ModelLibrary } from '../library/model-library';
import { catalogueEntries, findKnownRepo, knownRepos } from './catalogue';
import type { DownloadOptions } from './download-file';
import { downloadFile } from './download-file';
import type { Environment, HubFile, HubSettings } from './hub-address';
import { checkFile, DEFAULT_FILE, hubSettings, parseRepo, repoUrl } from './hub-address';
import { requestFile } from './hub-response';
import { HubSizes } from './hub-sizes';
import { unknownLicence } from './licences';

export interface PullRequest {
  /** `owner/name`, with or without `@revision`. */
  readonly repo: string;
  readonly revision?: string | undefined;
  /** Path of the ONNX file in the repository; by default its full-precision one. */
  readonly file?: string | undefined;
  readonly licenceAccepted: boolean;
}

export interface PullProgress {
  /** The file under way. */
  readonly phase: string;
  /** Bytes of all files so far, and of all whose size is known. */
  readonly done: number;
  readonly total: number;
}

export interface PullOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  /** One line about what happens, for the job's log. */
  readonly onLog?: (line: string) => void;
}

export interface ModelHubOptions {
  readonly dataDirectory: string;
  readonly library: ModelLibrary;
  readonly env?: Environment;
  /** For tests: no waiting, and a certificate authority of their own. */
  readonly network?: Pick<DownloadOptions, 'sleep' | 'idleMs' | 'ca'>;
}

/** Files that tell about a model, fetched with it where the repository has them. */
const SIDECARS = ['config.json', 'preprocessor_config.json'];
const SIZE_QUESTION_MS = 2_500;

/** Models that can be fetched, and fetching them into the library. */
export class ModelHub {
  readonly #options: ModelHubOptions;
  readonly #sizes: HubSizes;
  readonly #running = new Set<string>();
  #askedForSizes = false;

  constructor(options: ModelHubOptions) {
    this.#options = options;
    this.#sizes = new HubSizes(options.dataDirectory);
  }

  /** The catalogue. The first call in a process asks the hub for sizes that are not known yet, for a moment. */
  async list(signal?: AbortSignal): Promise<CatalogueEntry[]> {
    if (!this.#askedForSizes) {
      this.#askedForSizes = true;
      await this.#askForSizes(signal);
    }
    return catalogueEntries(await this.#sizes.all(), await this.#options.library.origins());
  }

  /** What a person must have seen before this repository is fetched. */
  licenceOf(repo: string): Licence {
    const { endpoint } = hubSettings(this.#env);
    const name = parseRepo(repo, endpoint).repo;
    return findKnownRepo(name)?.licence ?? unknownLicence(repoUrl(endpoint, name));
  }

  /** Throws what is wrong with a request before anything is fetched: LICENCE_NOT_ACCEPTED, HUB_NAME_INVALID, … */
  check(request: PullRequest): HubFile {
    const { endpoint } = hubSettings(this.#env);
    const spec = request.revision === undefined ? request.repo : `${request.repo}@${request.revision}`;
    const { repo, revision } = parseRepo(spec, endpoint);
    const path = checkFile(request.file ?? DEFAULT_FILE);
    if (!request.licenceAccepted) {
      const licence = this.licenceOf(repo);
      throw new AppError('LICENCE_NOT_ACCEPTED', `The licence of ${repo} has not been accepted: ${licence.name}.`, {
        hint: `Read it at ${licence.url ?? repoUrl(endpoint, repo)}, then accept it.`,
        details: { repo },
      });
    }
    return { repo, revision, path };
  }

  /**
   * Fetches a model with the files about it and adds it to the library. What a failure or a cancel leaves is taken up by
   * the next call. Rejects with HUB_…, NETWORK_…, DISK_FULL, ONNX_…
   */
  async pull(request: PullRequest, options: PullOptions = {}): Promise<ModelSummary> {
    const file = this.check(request);
    const key = `${file.repo}@${file.revision}/${file.path}`;
    if (this.#running.has(key)) {
      throw new AppError('HUB_ALREADY_RUNNING', `${key} is being fetched already.`, {
        hint: 'Wait for it, or cancel it.',
      });
    }
    this.#running.add(key);
    try {
      return await this.#fetch(file, options);
    } finally {
      this.#running.delete(key);
    }
  }

  async #fetch(wanted: HubFile, options: PullOptions): Promise<ModelSummary> {
    const settings = hubSettings(this.#env);
    const folder = join(this.#options.dataDirectory, 'models', 'hub', folderName(wanted));
    const meter = new Meter(options.onProgress);
    // The model first: whether it is there, and may be read, decides about all the rest.
    const model = await this.#download(wanted, folder, settings, meter, options);
    const revision = model.facts.commit ?? wanted.revision;
    for (const path of SIDECARS) {
      const found = await this.#downloadIfThere({ ...wanted, revision, path }, folder, settings, meter, options);
      if (!found) options.onLog?.(`${wanted.repo} has no ${path}.`);
    }
    await this.#sizes.remember(new Map([[`${wanted.repo}/${wanted.path}`, model.sizeBytes]]));
    const licence = this.licenceOf(wanted.repo);
    const origin = { repo: wanted.repo, revision, file: wanted.path };
    const path = join(folder, ...wanted.path.split('/'));
    try {
      return await this.#options.library.add(path, { origin, licence });
    } catch (error) {
      // What cannot be used is not kept.
      await rm(path, { force: true });
      throw error;
    }
  }

  async #download(
    file: HubFile,
    folder: string,
    settings: HubSettings,
    meter: Meter,
    options: PullOptions,
  ): ReturnType<typeof downloadFile> {
    const target = join(folder, ...file.path.split('/'));
    const result = await downloadFile(file, target, {
      settings,
      env: this.#env,
      signal: options.signal,
      onProgress: (done, total) => meter.report(file.path, done, total),
      onRetry: (message, seconds) => options.onLog?.(`${message} Trying again in ${seconds.toFixed(1)} s.`),
      ...this.#options.network,
    });
    meter.report(file.path, result.sizeBytes, result.sizeBytes);
    options.onLog?.(`${file.path}: ${result.sizeBytes} bytes${result.fetched ? '' : ', already there'}.`);
    return result;
  }

  async #downloadIfThere(
    file: HubFile,
    folder: string,
    settings: HubSettings,
    meter: Meter,
    options: PullOptions,
  ): Promise<boolean> {
    try {
      await this.#download(file, folder, settings, meter, options);
      return true;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'HUB_NOT_FOUND') throw error;
      // One that lay there before belongs to an older state of the repository.
      await rm(join(folder, file.path), { force: true });
      return false;
    }
  }

  async #askForSizes(signal: AbortSignal | undefined): Promise<void> {
    const known = await this.#sizes.all();
    const unknown = knownRepos.filter(({ repo }) => !known.has(`${repo}/${DEFAULT_FILE}`));
    const found = new Map<string, number>();
    await Promise.all(
      unknown.map(async ({ repo }) => {
        const size = await this.#askForSize({ repo, revision: 'main', path: DEFAULT_FILE }, signal);
        if (size !== null) found.set(`${repo}/${DEFAULT_FILE}`, size);
      }),
    );
    if (found.size > 0) await this.#sizes.remember(found);
  }

  async #askForSize(file: HubFile, signal: AbortSignal | undefined): Promise<number | null> {
    const timeout = new AbortController();
    const stop = (): void => timeout.abort();
    const timer = setTimeout(stop, SIZE_QUESTION_MS);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const { response, facts } = await requestFile(file, hubSettings(this.#env), {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity', 'user-agent': 'maskforge' },
        env: this.#env,
        idleMs: SIZE_QUESTION_MS,
        signal: timeout.signal,
        ca: this.#options.network?.ca,
      });
      response.destroy();
      return facts.size;
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  get #env(): Environment {
    return this.#options.env ?? process.env;
  }
}

/** Adds up the files of one pull. */
class Meter {
  readonly #files = new Map<string, { done: number; total: number }>();
  readonly #report: ((progress: PullProgress) => void) | undefined;

  constructor(report: ((progress: PullProgress) => void) | undefined) {
    this.#report = report;
  }

  report(path: string, done: number, total: number | null): void {
    this.#files.set(path, { done, total: total ?? 0 });
    const files = [...this.#files.values()];
    this.#report?.({
      phase: path,
      done: files.reduce((sum, file) => sum + file.done, 0),
      total: files.reduce((sum, file) => sum + Math.max(file.total, file.done), 0),
    });
  }
}

/** One folder for each repository and revision, usable on every file system. */
function folderName({ repo, revision }: HubFile): string {
  const name = `${repo.replace('/', '--')}--${revision.replace(/[^\w.-]/g, '_')}`;
  return name.slice(0, 150);
}
