import { parentPort, workerData } from 'node:worker_threads';
import { toErrorReport } from '../../shared/app-error';
import { frameMemory, freeNow } from '../../media/frame-memory';
import { useJpegDecoder } from '../../media/jpeg-decoder';
import { loadSharp } from '../../media/sharp-loader';
import type { Frame, FrameSize } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { BatchItem } from './batch-item';
import { openJpegLibrary } from './jpeg-library';
import { OutputFolder } from './output-folder';
import type { FinishedPicture } from './picture-desk';
import { PictureDesk } from './picture-desk';
import type { FromThread, Numbered, ThreadStart, ToThread } from './picture-thread-messages';

/**
 * A thread that reads, decodes, counts, encodes and writes pictures of a batch. Calls of the image library, the disk and
 * the compressor are cheap one by one, but of a fast engine's pictures they would fill the host's own thread.
 */
const port = parentPort;
/** Pictures of up to so many pixels are decoded as they are opened, where that is what comes next. */
const MOST_AHEAD = 1 << 22;
if (port === null) throw new Error('This file is run as a worker thread.');
const { order, output, jpegLibrary, begun } = workerData as ThreadStart;
const desk = new PictureDesk(order, new OutputFolder(output.path, output.identity));
const decoder = jpegLibrary === null ? null : openJpegLibrary(jpegLibrary);
useJpegDecoder(decoder);
// Before anything is asked: a thread that cannot load the image library is of no use, and says so by ending. Plain JPEGs may
// be all that comes, and loading it is most of what a thread's start takes.
if (decoder === null) loadSharp();
/** One after the other: when this thread dies, it is known over which. */
let last: Promise<void> = Promise.resolve();
port.on('message', ({ number, message }: Numbered) => {
  last = last.then(async () => {
    Atomics.store(begun, 0, number);
    const reply = await answer(message);
    if (reply === null) return;
    const frame = reply.t === 'frame' || reply.t === 'opened' ? reply.frame : null;
    port.postMessage(reply, frame === null ? [] : [frame.pixels.buffer as ArrayBuffer]);
  });
});
port.postMessage({ t: 'ready' } satisfies FromThread);

async function answer(message: ToThread): Promise<FromThread | null> {
  try {
    switch (message.t) {
      case 'open': {
        const opened = await desk.open(message.item);
        const isWanted = message.whole && opened.width * opened.height <= MOST_AHEAD;
        // What is wrong with its pixels is told when they are asked for.
        return { t: 'opened', opened, frame: isWanted ? await read(message.item).catch(() => null) : null };
      }
      case 'read':
        return { t: 'frame', frame: await read(message.item, message.size) };
      case 'finish':
        if (message.pixels !== undefined) frameMemory.give(message.pixels);
        return { t: 'finished', finished: await finish(message.item, message.mask) };
      case 'forget':
        desk.forget(message.item);
        return null;
    }
  } catch (error) {
    return { t: 'error', error: toErrorReport(error) };
  }
}

async function finish(item: BatchItem, mask: Mask): Promise<FinishedPicture> {
  const finished = await desk.finish(item, mask);
  freeNow(mask.data);
  return finished;
}

async function read(item: BatchItem, size?: FrameSize): Promise<Frame> {
  const frame = await desk.read(item, size);
  return { ...frame, pixels: own(frame.pixels) };
}

/** Bytes that can be handed over: those of the image library belong to it, and would be copied by the other side. */
function own(pixels: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(pixels) && pixels.byteLength === pixels.buffer.byteLength) return pixels;
  const copy = frameMemory.take(pixels.byteLength);
  copy.set(pixels);
  freeNow(pixels);
  return copy;
}
