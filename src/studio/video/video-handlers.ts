import { open as openFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { CallResult, StudioHandlers } from '../../shared/contract';
import { fileError } from '../../media/picture-errors';
import { encodeIndexPng } from '../../media/png-writer';
import { saveNewFile } from '../export/save-new-file';
import { folderGone } from '../batch/output-folder';
import type { FileAccess } from '../file-access';
import type { JobRegistry } from '../jobs/job-registry';
import type { PictureRegistry } from '../pictures/picture-registry';
import { plainBytes } from '../plain-bytes';
import type { SessionRegistry } from '../sessions/session-registry';
import { exportVideo } from './export-video';
import type { GrowingFiles } from './growing-files';
import { FrameSegmenter } from './segment-frame';

/** The most that is read of a video's file at once. */
const READ_LIMIT = 16 * 1024 * 1024;

export interface VideoParts {
  readonly access: FileAccess;
  readonly resourcesDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pictures: PictureRegistry;
  readonly sessions: SessionRegistry;
  readonly jobs: JobRegistry;
  readonly files: GrowingFiles;
}

type VideoHandlers = Pick<
  StudioHandlers,
  | Extract<keyof StudioHandlers, `video.${string}`>
  | 'session.segmentFrame'
  | 'export.mask'
  | 'export.openFile'
  | 'export.writeFile'
  | 'export.closeFile'
>;

export function videoHandlers(parts: VideoParts): VideoHandlers {
  const { access, env, pictures, sessions, jobs } = parts;
  const frames = new FrameSegmenter();
  return {
    'video.sample': () => pictures.sample(join(parts.resourcesDirectory, 'samples', 'drive.mp4')),
    'video.read': ({ pictureId, start, end }) => readPart(pictures.pathOf(pictureId), start, end),
    'session.segmentFrame': async ({ sessionId, ...request }, { signal }) =>
      frames.segment(await sessions.get(sessionId), { ...request, signal }),
    'video.export': async ({ sessionId, ...order }) => {
      access.check(order.path);
      access.check(order.out);
      const open = await sessions.get(sessionId);
      const plan = { kind: 'export', title: order.out, unit: 'frames', total: 0 } as const;
      return { jobId: jobs.start(plan, (job) => exportVideo({ ...order, open, env }, job)) };
    },
    ...fileHandlers(parts),
  };
}

function fileHandlers({ access, files }: VideoParts) {
  return {
    'export.mask': async ({ mask, name, directory, makesFolder }) => {
      if (directory !== null) access.check(directory);
      const png = await encodeIndexPng(mask);
      if (directory === null) return { path: null, bytes: plainBytes(png) };
      if (!makesFolder && (await stat(directory).catch(() => null)) === null) throw folderGone(directory);
      return { path: await saveNewFile(directory, fileName(name), '.png', png), bytes: null };
    },
    'export.openFile': async ({ directory, stem, ending }) => {
      access.check(directory);
      return { fileId: await files.open(directory, fileName(stem), fileName(ending)) };
    },
    'export.writeFile': async ({ fileId, position, bytes }) => {
      await files.write(fileId, position, bytes);
      return null;
    },
    'export.closeFile': async ({ fileId, complete }) => ({ path: await files.close(fileId, complete) }),
  } satisfies Partial<StudioHandlers>;
}

/** A name alone: no shell may leave the folder it was given. */
function fileName(name: string): string {
  if (name !== '' && !/[\\/\u0000]/.test(name) && name !== '..') return name;
  throw new AppError('FILE_NAME_INVALID', `"${name}" is no file name.`, { hint: 'Choose another name.' });
}

/** @throws AppError FILE_NOT_FOUND and the like */
async function readPart(path: string, start: number, end: number): Promise<CallResult<'video.read'>> {
  try {
    const file = await openFile(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.max(0, Math.min(end, size, start + READ_LIMIT) - start);
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, start);
      return { bytes: bytes.subarray(0, bytesRead), sizeBytes: size };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}
