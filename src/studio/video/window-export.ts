import type { FileHandle } from 'node:fs/promises';
import { mkdir, open as openFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { AppError } from '../../shared/app-error';
import type { CallResult } from '../../shared/contract';
import { firstFrames } from '../../shared/frames-to-do';
import type { exportStepSchema } from '../../shared/video-export-contract';
import { fileError } from '../../media/picture-errors';
import { claimName, exportError } from '../export/save-new-file';
import { plainBytes } from '../plain-bytes';
import type { ExportJournal, ExportSubject } from './export-journal';
import { doneFrames, hashOf } from './export-journal';
import { keepWholeParts, partName } from './part-sink';
import { frameName, keepPicture, keptRows, tableText, wholePictures } from './video-sinks';

export interface WindowExportPlace {
  /** Null: what is made goes to the window. */
  readonly directory: string | null;
  /** File name without its ending. */
  readonly stem: string;
}

type Step = z.output<typeof exportStepSchema>;

/**
 * The studio's half of an export whose frames a window decodes and encodes. All that is done lies in the journal's folder,
 * hidden, until all is done: what is not whole never looks as if it were.
 */
export class WindowExport {
  /** Numbers of the frames that an earlier start has done, as far as they are whole. */
  readonly done: readonly number[];
  /** Their files, in order. */
  readonly parts: readonly string[];
  readonly #place: WindowExportPlace;
  readonly #about: ExportSubject;
  readonly #journal: ExportJournal;
  readonly #folder: string;
  /** The new file while it is written. */
  #growing: { readonly path: string; readonly file: FileHandle } | null = null;
  /** Steps take turns; closing waits for them. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    open: { readonly place: WindowExportPlace; readonly about: ExportSubject; readonly journal: ExportJournal },
    found: { readonly folder: string; readonly done: readonly number[]; readonly parts: readonly string[] },
  ) {
    this.#place = open.place;
    this.#about = open.about;
    this.#journal = open.journal;
    this.#folder = found.folder;
    this.done = found.done;
    this.parts = found.parts;
  }

  /** @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED, as do all the others; BATCH_OUTPUT_GONE */
  static async open(place: WindowExportPlace, about: ExportSubject, journal: ExportJournal): Promise<WindowExport> {
    const folder = join(journal.state, 'parts');
    await mkdir(folder, { recursive: true }).catch((error: unknown) => Promise.reject(exportError(error, folder)));
    const found = await findDone(folder, about, journal);
    return new WindowExport({ place, about, journal }, { folder, ...found });
  }

  add(step: Step): Promise<string | null> {
    return this.#inTurn(() => this.#add(step));
  }

  async #add(step: Step): Promise<string | null> {
    switch (step.kind) {
      case 'picture':
        return keepPicture(this.#folder, this.#journal, step);
      case 'rows':
        // A journal that lies on a drive that was pulled out goes on taking lines.
        await this.#journal.output.check();
        await this.#journal.add({ frame: step.frame, rows: step.rows });
        return null;
      case 'part': {
        const part = partName(this.#journal, '.packets');
        await this.#orGone(writeWhole(join(this.#folder, part), step.bytes));
        await this.#journal.add({ part, frames: step.frames, hash: hashOf(step.bytes) });
        return part;
      }
    }
  }

  /** @param name of a part or picture @throws AppError FILE_NOT_FOUND and the like */
  async read(name: string): Promise<ReturnType<typeof plainBytes>> {
    const path = join(this.#folder, name);
    return plainBytes(await readFile(path).catch((error: unknown) => Promise.reject(fileError(error, path))));
  }

  write(position: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const { file } = (this.#growing ??= await this.#grow());
      await this.#orGone(writeAll(file, bytes, position));
    });
  }

  finish(ending: string): Promise<CallResult<'videoExport.finish'>> {
    return this.#inTurn(async () => {
      await this.#journal.output.check();
      const made = await this.#name(ending);
      await this.#journal.close(true);
      return made;
    });
  }

  /** What is done stays. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const growing = this.#growing;
      this.#growing = null;
      await growing?.file.close().catch(() => undefined);
      await this.#journal.close(false);
    });
  }

  async #name(ending: string): Promise<CallResult<'videoExport.finish'>> {
    const { directory, stem } = this.#place;
    switch (this.#about.format) {
      case 'csv': {
        const bytes = new TextEncoder().encode(tableText(this.#journal));
        if (directory === null) return { paths: [], bytes };
        await this.#overwrite(bytes);
        return { paths: [await this.#claim(directory, stem, ending)], bytes: null };
      }
      case 'png':
        return { paths: directory === null ? [] : await this.#namePictures(directory), bytes: null };
      case 'overlay':
      case 'mask': {
        const paths = directory === null ? [] : [await this.#claim(directory, `${stem}.${this.#about.format}`, ending)];
        return { paths, bytes: null };
      }
    }
  }

  async #overwrite(bytes: Uint8Array): Promise<void> {
    const { file } = (this.#growing ??= await this.#grow());
    await this.#orGone(writeAll(file, bytes, 0));
  }

  async #claim(directory: string, stem: string, ending: string): Promise<string> {
    const growing = this.#growing;
    if (growing === null) throw new AppError('CALL_INVALID', 'Nothing was written that could be given a name.');
    this.#growing = null;
    try {
      await growing.file.sync();
      await growing.file.close();
      return await claimName(growing.path, directory, stem, ending);
    } catch (error) {
      await this.#journal.output.check();
      throw exportError(error, join(directory, `${stem}${ending}`));
    }
  }

  /** All pictures get their folder at once. */
  async #namePictures(directory: string): Promise<string[]> {
    const name = `${this.#place.stem}-masks-${stamp()}`;
    let folder = join(directory, name);
    for (let number = 2; (await stat(folder).catch(() => null)) !== null; number += 1)
      folder = join(directory, `${name}-${number}`);
    await this.#orGone(rename(this.#folder, folder));
    const frames = this.#journal.records.flatMap((record) => ('frame' in record ? [record.frame] : []));
    return [...new Set(frames)].sort((a, b) => a - b).map((frame) => join(folder, frameName(frame)));
  }

  async #grow(): Promise<{ readonly path: string; readonly file: FileHandle }> {
    const path = this.#journal.output.temporaryFile();
    return { path, file: await this.#orGone(openFile(path, 'wx')) };
  }

  /** A file that cannot be written because its folder is gone says so. */
  async #orGone<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await this.#journal.output.check();
      const name = `${this.#place.stem}.${this.#about.format}`;
      throw exportError(error, join(this.#journal.output.path, name));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

async function findDone(
  folder: string,
  { format, settings }: ExportSubject,
  journal: ExportJournal,
): Promise<{ done: readonly number[]; parts: readonly string[] }> {
  switch (format) {
    case 'png': {
      const done = [...(await wholePictures(folder, journal))].sort((a, b) => a - b);
      return { done, parts: done.map(frameName) };
    }
    case 'csv':
      return { done: [...keptRows(journal)], parts: [] };
    case 'overlay':
    case 'mask': {
      const kept = await keepWholeParts(folder, journal);
      return { done: firstFrames(settings, doneFrames(kept)), parts: kept.map(({ part }) => part) };
    }
  }
}

/** A disk that is full may take a piece before it says so. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** `20261121-154012`: a folder of its own for each export. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}
