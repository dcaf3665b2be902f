import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AppError } from '../../../shared/app-error';
import type { CallName, StudioHandlers } from '../../../shared/contract';
import { calls } from '../../../shared/contract';
import type { PictureEntry } from '../../../shared/domain/picture';
import { serveHost } from '../host-server';
import { parentLink } from '../parent-link';

/**
 * A host program whose studio only pretends, for the tests of the supervisor: real processes, no network. Its ids hold
 * the process id, so that no id of one process means anything to the next. What a picture does stands in its name:
 * `crash.png` ends the process, `lose.png` loses the device, with `lose-and-crash.png` its libraries crash on the way out,
 * `hang.png` never answers, any other gives a mask of one pixel. All who open a session share one; while there is a file
 * `hold` in the data directory, it is being opened.
 */
function fakeHandlers(check: (path: string) => void, onDeviceLost: () => void, hold: string): StudioHandlers {
  const pictures = new Map<string, PictureEntry>();
  let users = 0;
  const picture = (id: string): PictureEntry => {
    const entry = pictures.get(id);
    if (entry === undefined) throw new AppError('PICTURE_UNKNOWN', `There is no picture ${id}.`);
    return entry;
  };
  return {
    ...refusing(),
    'pictures.add': async ({ paths }) => {
      const added = paths.map((path, index): PictureEntry => {
        check(path);
        return {
          id: `${process.pid}-${pictures.size + index}`,
          name: basename(path),
          path,
          sizeBytes: 1,
          kind: 'image',
        };
      });
      for (const entry of added) pictures.set(entry.id, entry);
      return { added, rejected: [] };
    },
    'pictures.read': async ({ pictureId }) => {
      const bytes = new Uint8Array(3_000_000);
      bytes.fill(picture(pictureId).name.length);
      return { mime: 'image/png', bytes };
    },
    'session.open': async ({ modelId, runtime, threads }) => {
      while (existsSync(hold)) await setTimeout(10);
      const id = `session-${process.pid}`;
      users += 1;
      const about = { runtimeVersion: '1', device: 'none', precision: 'FP32', fallback: null, openedIn: 1 };
      return { id, modelId, modelName: modelId, runtime, threads, ...about };
    },
    'session.close': async () => {
      users -= 1;
      return null;
    },
    'session.segment': async ({ sessionId, pictureId }, { signal }) => {
      const entry = picture(pictureId);
      if (users === 0 || sessionId !== `session-${process.pid}`) {
        throw new AppError('SESSION_UNKNOWN', `There is no session ${sessionId}.`);
      }
      if (entry.name.startsWith('lose')) {
        onDeviceLost();
        if (entry.name !== 'lose.png') process.on('exit', () => process.kill(process.pid, 'SIGSEGV'));
        throw new AppError('DEVICE_LOST', 'an illegal memory access was encountered');
      }
      if (entry.name === 'crash.png') process.kill(process.pid, 'SIGSEGV');
      if (entry.name === 'hang.png' || entry.name === 'crash.png') {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new AppError('CANCELLED', ''))));
      }
      return fakeSegmentation(sessionId, pictureId);
    },
  };
}

function refusing(): StudioHandlers {
  const refuse = (): never => {
    throw new AppError('NOT_IN_TEST', 'The pretended studio has no such call.');
  };
  const all = Object.fromEntries(Object.keys(calls).map((name) => [name as CallName, refuse]));
  return all as unknown as StudioHandlers;
}

function fakeSegmentation(sessionId: string, pictureId: string) {
  const none = { decode: 0, preprocess: 0, transferIn: 0, infer: 0, postprocess: 0, transferOut: 0, total: 0 };
  const size = { width: 1, height: 1 };
  return {
    sessionId,
    pictureId,
    picture: { id: pictureId, ...size, format: 'png', bitDepth: 8, channels: 3, orientation: 1, frames: 1 },
    mask: { ...size, bytesPerId: 1 as const, data: new Uint8Array([7]) },
    classes: [{ id: 7, label: 'car', pixels: 1, share: 1 }],
    timings: none,
    cached: false,
    notes: [],
  };
}

serveHost(parentLink(), ({ dataDirectory, access, onDeviceLost }) => {
  if (dataDirectory === '/unusable') {
    throw new AppError('DATA_FOLDER_UNUSABLE', `${dataDirectory} cannot be written.`, { hint: 'Name another folder.' });
  }
  const handlers = fakeHandlers(
    (path) => access.check(path),
    () => onDeviceLost?.(),
    join(dataDirectory, 'hold'),
  );
  return { handlers, close: async () => undefined };
});
