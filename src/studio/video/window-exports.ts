import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { CallArgs } from '../../shared/contract';
import type {
  ExportDifference,
  ExportOrder,
  ExportSettings,
  KeptExport,
  VideoFormat,
} from '../../shared/video-export-contract';
import { fileError } from '../../media/picture-errors';
import { isLocked } from '../batch/batch-lock';
import type { FileAccess } from '../file-access';
import { shortened } from '../library/json-file';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { OpenSession, SessionRegistry } from '../sessions/session-registry';
import type { ExportSubject, JournalPlace, KeptRecords } from './export-journal';
import { differences, discardRecords, doneFrames, ExportJournal, hashOf, keptRecords } from './export-journal';
import { engineSubject, videoVersion } from './export-subject';
import { fileName } from './file-name';
import { WindowExport } from './window-export';

export interface WindowExportParts {
  readonly access: FileAccess;
  readonly dataDirectory: string;
  readonly pictures: PictureRegistry;
  readonly sessions: SessionRegistry;
}

/** What was meant to become a download is kept for so long. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

interface Entry {
  readonly export: WindowExport;
  /** Lets go of the engine and of the window. */
  release(): Promise<void>;
}

type Place = Pick<ExportOrder, 'directory' | 'stem' | 'format'>;

/** Exports that windows are at work on, and those that have broken off. */
export class WindowExports {
  readonly #parts: WindowExportParts;
  readonly #open = new Map<string, Entry>();

  constructor(parts: WindowExportParts) {
    this.#parts = parts;
    void removeOld(this.#downloads);
  }

  async kept(order: ExportOrder): Promise<KeptExport | null> {
    const found = await keptRecords(this.#placeOf(order));
    if (found === null) return null;
    const { settings, engineName } = found.about;
    const now = await this.#subject(order, settings, await this.#parts.sessions.get(order.sessionId));
    return {
      frames: doneFrames(found.records),
      settings,
      engineName,
      differs: differences(found.about, now),
      busy: found.busy,
    };
  }

  /**
   * @param gone aborted when the window has gone: what it has done stays, and others may go on with it
   * @throws AppError VIDEO_EXPORT_CHANGED, VIDEO_EXPORT_GONE, BATCH_BUSY, SESSION_UNKNOWN, EXPORT_…
   */
  async open(
    { settings, how, ...order }: CallArgs<'videoExport.open'>,
    gone: AbortSignal | undefined,
  ): Promise<{ exportId: string; done: number[]; parts: string[] }> {
    const place = this.#placeOf(order);
    if (how === 'continue' && (await keptRecords(place)) === null) throw nothingKept(order);
    const held = await this.#parts.sessions.hold(order.sessionId);
    try {
      const about = await this.#subject(order, settings, held.open);
      const journal = await ExportJournal.open({
        ...place,
        about,
        fresh: how === 'again',
        onOther: (differs, kept) => {
          if (doneFrames(kept.records) > 0) throw otherKept(order, differs, kept);
        },
      });
      const open = await WindowExport.open(order, about, journal).catch(async (error: unknown) => {
        await journal.close(false);
        throw error;
      });
      const exportId = this.#add(open, held.release, gone);
      return { exportId, done: [...open.done], parts: [...open.parts] };
    } catch (error) {
      await held.release();
      throw error;
    }
  }

  /** @throws AppError VIDEO_EXPORT_UNKNOWN */
  get(exportId: string): WindowExport {
    return this.#find(exportId).export;
  }

  /** Ends an export whose content has got its name. */
  async finish(exportId: string, ending: string): ReturnType<WindowExport['finish']> {
    const made = await this.#find(exportId).export.finish(fileName(ending));
    await this.#forget(exportId);
    return made;
  }

  /** One that is not open any more is closed. */
  async close(exportId: string): Promise<void> {
    const entry = await this.#forget(exportId);
    await entry?.export.close();
  }

  async discard(place: Place): Promise<void> {
    await discardRecords(this.#placeOf(place));
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id).catch(() => undefined)));
  }

  #add(open: WindowExport, release: () => Promise<void>, gone: AbortSignal | undefined): string {
    const exportId = randomUUID();
    const leave = (): void => void this.close(exportId).catch(() => undefined);
    gone?.addEventListener('abort', leave, { once: true });
    const letGo = async (): Promise<void> => {
      gone?.removeEventListener('abort', leave);
      await release();
    };
    this.#open.set(exportId, { export: open, release: letGo });
    if (gone?.aborted === true) leave();
    return exportId;
  }

  async #forget(exportId: string): Promise<Entry | undefined> {
    const entry = this.#open.get(exportId);
    this.#open.delete(exportId);
    await entry?.release();
    return entry;
  }

  #find(exportId: string): Entry {
    const found = this.#open.get(exportId);
    if (found !== undefined) return found;
    throw new AppError('VIDEO_EXPORT_UNKNOWN', 'The engine was started anew since this export was begun.', {
      hint: 'Continue the export: the frames that are done are kept.',
    });
  }

  get #downloads(): string {
    return join(this.#parts.dataDirectory, 'exports');
  }

  /** Named by what it makes, so that another version of the video is noticed rather than left lying. */
  #placeOf({ directory, stem, format }: Place): JournalPlace {
    if (directory !== null) this.#parts.access.check(directory);
    const short = shortened(fileName(stem));
    const name = short === stem ? stem : `${short}-${hashOf(stem).slice(0, 6)}`;
    return { out: join(directory ?? this.#downloads, `${name}.${format}`), isFolder: false };
  }

  async #subject(order: ExportOrder, settings: ExportSettings, open: OpenSession): Promise<ExportSubject> {
    const { format, encoding } = order;
    return { video: await this.#videoOf(order), ...engineSubject(open), encoding, format, settings };
  }

  async #videoOf({ video }: ExportOrder): Promise<string> {
    if (!('pictureId' in video)) return videoVersion(video.name, { size: video.sizeBytes, mtimeMs: video.modifiedMs });
    const path = this.#parts.pictures.pathOf(video.pictureId);
    return videoVersion(path, await stat(path).catch((error: unknown) => Promise.reject(fileError(error, path))));
  }
}

/** What nobody came back for. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const state = join(folder, name);
    const facts = await stat(join(state, 'journal.jsonl')).catch(() => null);
    if (facts !== null && Date.now() - facts.mtimeMs < KEPT_MS) continue;
    if (!(await isLocked(state))) await rm(state, { recursive: true, force: true }).catch(() => undefined);
  }
}

const PLAIN: Readonly<Record<ExportDifference, string>> = {
  video: 'another version of the video',
  engine: 'another engine',
  encoding: 'another encoder',
  settings: 'other settings',
};

function otherKept(
  { stem, format }: Place,
  differs: readonly ExportDifference[],
  { about, records }: KeptRecords,
): AppError {
  const frames = doneFrames(records);
  const what = differs.map((part) => PLAIN[part]).join(', ');
  const message = `${frames} frames of ${stem} are kept that were made with ${what}; they cannot be gone on with.`;
  return new AppError('VIDEO_EXPORT_CHANGED', message, {
    hint: `Open ${differs.includes('engine') ? about.engineName : 'what it was begun with'} again to continue, or start again from the first frame.`,
    details: { file: stem, frames, format: format satisfies VideoFormat },
  });
}

function nothingKept({ stem, directory }: Place): AppError {
  const where = directory === null ? '' : ` in ${directory}`;
  return new AppError('VIDEO_EXPORT_GONE', `Nothing of the unfinished export of ${stem} is left${where}.`, {
    hint: 'Connect the drive again, or put the folder back; else start again from the first frame.',
    details: { file: stem, ...(directory === null ? {} : { folder: basename(directory) }) },
  });
}
