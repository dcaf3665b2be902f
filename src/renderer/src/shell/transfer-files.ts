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
  for (const entry of entries) if (entry !== null) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (isFileEntry(entry)) {
    into.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
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
