import { AppError } from '../../../shared/app-error';
import { kindOfFile } from '../actions/picture-kinds';
import { i18n } from '../i18n/i18n';
import { reportError } from '../notices/notify';

/**
 * All files of a drop, folders walked in depth. The entries must be taken while the drop event is handled (this runs
 * synchronously up to there); reading them may take its time.
 */
export async function filesOfTransfer(transfer: DataTransfer): Promise<File[]> {
  const entries = Array.from(transfer.items)
    .filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null)) return Array.from(transfer.files);
  const files: File[] = [];
  for (const entry of entries) {
    if (entry === null) continue;
    if (isFileEntry(entry)) files.push(await fileOf(entry));
    else {
      // One empty folder must not cost the user the rest of the drop.
      await filesOfFolder(entry).then((found) => files.push(...found), reportError);
    }
  }
  return files;
}

async function filesOfFolder(entry: FileSystemEntry): Promise<File[]> {
  const all: File[] = [];
  await collect(entry, all);
  return worthOpening(all, entry.name);
}

/**
 * What of a folder is sent to the studio: nobody means the notes and thumbnails databases that lie between pictures.
 * @throws AppError FOLDER_WITHOUT_PICTURES
 */
export function worthOpening(files: readonly File[], folder: string): File[] {
  const worth = files.filter((file) => !file.name.startsWith('.') && kindOfFile(file.name) !== 'other');
  if (worth.some((file) => kindOfFile(file.name) !== 'model-part')) return worth;
  throw folderWithoutPictures(folder);
}

export function folderWithoutPictures(folder: string): AppError {
  return new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${folder}.`, {
    hint: i18n.t('pictures.folderHint'),
    details: { folder },
  });
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function collect(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (isFileEntry(entry)) {
    into.push(await fileOf(entry));
    return;
  }
  if (!isDirectoryEntry(entry)) return;
  const reader = entry.createReader();
  // One call answers with at most about a hundred entries; an empty answer ends it.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    batch.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    for (const child of batch) await collect(child, into);
  }
}

function isFileEntry(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectoryEntry(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
