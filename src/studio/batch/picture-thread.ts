import { parentPort, workerData } from 'node:worker_threads';
import { toErrorReport } from '../../shared/app-error';
import { frameMemory } from '../../media/frame-memory';
import { loadSharp } from '../../media/sharp-loader';
import { OutputFolder } from './output-folder';
import { PictureDesk } from './picture-desk';
import type { FromThread, ThreadSetup, ToThread } from './picture-threads';

/**
 * A thread that reads, decodes, counts, encodes and writes pictures of a batch. Calls of the image library, the disk and
 * the compressor are cheap one by one, but of a fast engine's pictures they would fill the host's own thread.
 */
const port = parentPort;
if (port === null) throw new Error('This file is run as a worker thread.');
const { order, output } = workerData as ThreadSetup;
const desk = new PictureDesk(order, new OutputFolder(output.path, output.identity));
// Before anything is asked: a thread that cannot load it is of no use, and says so by ending.
loadSharp();
port.on('message', (message: ToThread) => {
  void answer(message).then((reply) => {
    if (reply === null) return;
    port.postMessage(reply, reply.t === 'frame' ? [reply.frame.pixels.buffer as ArrayBuffer] : []);
  });
});
port.postMessage({ t: 'ready' } satisfies FromThread);

async function answer(message: ToThread): Promise<FromThread | null> {
  try {
    switch (message.t) {
      case 'open':
        return { t: 'opened', opened: await desk.open(message.item) };
      case 'read': {
        const frame = await desk.read(message.item, message.size);
        return { t: 'frame', frame: { ...frame, pixels: own(frame.pixels) } };
      }
      case 'finish':
        if (message.pixels !== undefined) frameMemory.give(message.pixels);
        return { t: 'finished', finished: await desk.finish(message.item, message.mask) };
      case 'forget':
        desk.forget(message.item);
        return null;
    }
  } catch (error) {
    return { t: 'error', error: toErrorReport(error) };
  }
}

/** Bytes that can be handed over: those of the image library belong to it, and would be copied by the other side. */
function own(pixels: Uint8Array): Uint8Array {
  if (!Buffer.isBuffer(pixels) && pixels.byteLength === pixels.buffer.byteLength) return pixels;
  const copy = frameMemory.take(pixels.byteLength);
  copy.set(pixels);
  return copy;
}
