import { decode, encode } from '@msgpack/msgpack';
import { FrameReader, framesOf } from '../../../shared/message-parts';
import type { FromSocket, ToSocket } from './socket-messages';

/**
 * Holds the WebSocket of a page in a browser. Browsers move a message through it in pieces of some kilobytes, each a task
 * of the thread that owns the socket: between the drawing of a busy page a frame and its mask took 50 ms on their way,
 * whatever the engine.
 */
let socket: WebSocket | null = null;

self.addEventListener('message', ({ data }: MessageEvent<ToSocket>) => {
  switch (data.t) {
    case 'open':
      socket = open(data.address);
      break;
    case 'send':
      if (socket?.readyState === WebSocket.OPEN) send(socket, data.message);
      break;
    case 'close':
      socket?.close(1000);
  }
});

function send(to: WebSocket, message: unknown): void {
  // Optional arguments that were left out must not arrive as null.
  for (const frame of framesOf(message, (value) => encode(value, { ignoreUndefined: true })))
    to.send(frame as Uint8Array<ArrayBuffer>);
}

function open(address: string): WebSocket {
  const reader = new FrameReader(decode);
  const kept: ArrayBuffer[] = [];
  const opened = new WebSocket(address);
  opened.binaryType = 'arraybuffer';
  opened.addEventListener('open', () => tell({ t: 'opened' }));
  opened.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) return;
    kept.push(data);
    const whole = reader.read(new Uint8Array(data));
    // Its binary parts lie in the bytes that came, which go to the page without being copied.
    if (whole !== null) tell({ t: 'message', message: whole.message }, kept.splice(0));
  });
  opened.addEventListener('close', ({ code, reason }) => tell({ t: 'closed', code, reason }));
  return opened;
}

function tell(message: FromSocket, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
