import { AppError, fromErrorReport, isAbort } from '../../../shared/app-error';
import { browserProtocol } from '../../../shared/browser-protocol';
import { errorReportSchema } from '../../../shared/domain/job';
import type { LocalProgress } from '../actions/local-jobs';
import { startLocalJob, throwIfCancelled } from '../actions/local-jobs';
import { kindOfFile } from '../actions/picture-kinds';
import { folderWithoutPictures } from './transfer-files';

/** Browsers open about six connections to one place. */
const AT_ONCE = 4;

/**
 * Sends the pictures of a folder to the studio, where they are a folder of this session: a page can read a folder that
 * the user chose, but not say where it lies. Shown as a job; what cannot be read is listed with it.
 *
 * @param files as an input of the page gives them: each knows its path from the chosen folder on
 * @returns the folder's path for the studio; null when it was cancelled or failed, which the job says
 * @throws AppError FOLDER_WITHOUT_PICTURES
 */
export function sendFolder(files: readonly File[]): Promise<string | null> {
  const folder = files[0]?.webkitRelativePath.split('/')[0] ?? '';
  const pictures = files.filter(({ name, webkitRelativePath }) => {
    return kindOfFile(name) === 'picture' && !webkitRelativePath.includes('/.');
  });
  if (pictures.length === 0) throw folderWithoutPictures(folder);
  const upload = crypto.randomUUID();
  return new Promise((resolve) => {
    const plan = { kind: 'import', title: folder, unit: 'files', total: pictures.length } as const;
    startLocalJob(plan, async (job) => {
      job.phase('sending');
      try {
        resolve(await sendAll(pictures, upload, job));
      } catch (error) {
        resolve(null);
        await fetch(addressOf({ folder: upload }), { method: 'DELETE' }).catch(() => undefined);
        throw error;
      }
    });
  });
}

async function sendAll(pictures: readonly File[], upload: string, job: LocalProgress): Promise<string> {
  const waiting = [...pictures];
  const failures: AppError[] = [];
  let path: string | null = null;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      throwIfCancelled(job.signal);
      const sent = await send(file, upload, job.signal);
      if (typeof sent === 'string') path = sent;
      else {
        failures.push(sent);
        job.failed(file.webkitRelativePath, sent);
      }
      done += 1;
      job.progress(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    // One that fails ends the others.
    waiting.length = 0;
  }
  const [first] = failures;
  if (path === null) throw first ?? folderWithoutPictures('');
  return path;
}

/** Why the browser cannot read the file any more; null where it can. */
async function problemOf(file: File): Promise<AppError | null> {
  try {
    // Not of a slice: Chromium reads nothing of a vanished file's without a word.
    const reader = file.stream().getReader();
    await reader.read();
    await reader.cancel();
    return null;
  } catch (cause) {
    const path = file.webkitRelativePath;
    return new AppError('FILE_UNREADABLE', `${path} cannot be read: it was moved, changed or is not permitted.`, {
      hint: 'Choose the folder again once the file is there and may be read.',
      cause,
      details: { path },
    });
  }
}

/** Answers with the folder's path for the studio, or with what keeps the browser from reading this one file. */
async function send(file: File, upload: string, signal: AbortSignal): Promise<string | AppError> {
  const address = addressOf({ folder: upload, name: file.webkitRelativePath });
  const response = await fetch(address, { method: 'POST', body: file, signal }).catch(async (cause: unknown) => {
    if (isAbort(cause)) throw cause;
    // Of a file that vanished and of a studio that is gone, the browser says the same.
    const problem = await problemOf(file);
    if (problem !== null) return problem;
    throw new AppError('UPLOAD_FAILED', `${file.webkitRelativePath} could not be sent.`, {
      hint: 'Choose the folder again when the studio answers.',
      cause,
      details: { file: file.name },
    });
  });
  if (response instanceof AppError) return response;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && isRecord(answer) && typeof answer['folder'] === 'string') return answer['folder'];
  const report = errorReportSchema.safeParse(isRecord(answer) ? answer['error'] : null);
  if (report.success) throw fromErrorReport(report.data as Parameters<typeof fromErrorReport>[0]);
  throw new AppError('UPLOAD_FAILED', `${file.webkitRelativePath} could not be sent.`, {
    details: { file: file.name },
  });
}

function addressOf(query: Readonly<Record<string, string>>): string {
  return `${browserProtocol.uploadPath}?${new URLSearchParams(query).toString()}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
