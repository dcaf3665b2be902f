import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallResult, StudioHandlers } from '../../shared/contract';
import { fileError } from '../../media/picture-errors';
import type { FileAccess } from '../file-access';
import type { JobRegistry } from '../jobs/job-registry';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { SessionRegistry } from '../sessions/session-registry';
import { exportVideo } from './export-video';
import { fileName } from './file-name';
import { FrameSegmenter } from './segment-frame';
import type { WindowExports } from './window-exports';

/** The most that is read of a video's file at once. */
const READ_LIMIT = 16 * 1024 * 1024;

export interface VideoParts {
  readonly access: FileAccess;
  readonly resourcesDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pictures: PictureRegistry;
  readonly sessions: SessionRegistry;
  readonly jobs: JobRegistry;
  readonly exports: WindowExports;
}

type VideoHandlers = Pick<
  StudioHandlers,
  Extract<keyof StudioHandlers, `video.${string}` | `videoExport.${string}`> | 'session.segmentFrame'
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
    ...windowHandlers(parts),
  };
}

function windowHandlers({ exports }: VideoParts) {
  return {
    'videoExport.kept': (order) => exports.kept(order),
    'videoExport.open': (order, { gone }) => exports.open(order, gone),
    'videoExport.add': async ({ exportId, step }) => ({ name: await exports.get(exportId).add(step) }),
    'videoExport.read': async ({ exportId, name }) => ({ bytes: await exports.get(exportId).read(fileName(name)) }),
    'videoExport.write': async ({ exportId, position, bytes }) => {
      await exports.get(exportId).write(position, bytes);
      return null;
    },
    'videoExport.finish': ({ exportId, ending }) => exports.finish(exportId, ending),
    'videoExport.close': async ({ exportId }) => {
      await exports.close(exportId);
      return null;
    },
    'videoExport.discard': async (place) => {
      await exports.discard(place);
      return null;
    },
  } satisfies Partial<StudioHandlers>;
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
