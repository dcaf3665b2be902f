import { decode, encode } from '@msgpack/msgpack';
import type { WebSocket } from 'ws';
import { browserProtocol } from '../shared/browser-protocol';
import { FrameReader, framesOf } from '../shared/message-parts';
import type { HostSupervisor } from '../studio/host/supervisor';

const { closeCodes } = browserProtocol;

/** Joins a browser's WebSocket to the engine host until one of the two goes. */
export async function joinClient(socket: WebSocket, supervisor: HostSupervisor): Promise<void> {
  // What the page sends while the host is still starting.
  const early: Uint8Array[] = [];
  let forward = (frame: Uint8Array): void => void early.push(frame);
  socket.on('message', (data, isBinary) => {
    if (isBinary && data instanceof Buffer) forward(data);
  });
  try {
    await supervisor.ready();
  } catch (error) {
    return closeSocket(socket, supervisor, error instanceof Error ? error.message : String(error));
  }
  if (socket.readyState !== socket.OPEN) return;
  const channel = supervisor.openChannel();
  const reader = new FrameReader(decode);
  channel.onMessage((message) => {
    for (const frame of framesOf(message, (value) => encode(value, { ignoreUndefined: true }))) socket.send(frame);
  });
  // The supervisor says what comes next only after it has told its clients.
  channel.onClose((reason) => setImmediate(() => closeSocket(socket, supervisor, reason)));
  socket.on('close', () => channel.close());
  forward = (frame) => {
    try {
      const whole = reader.read(frame);
      if (whole !== null) channel.send(whole.message);
    } catch {
      socket.close(1007, 'That was no MessagePack.');
    }
  };
  for (const frame of early) forward(frame);
}

function closeSocket(socket: WebSocket, supervisor: HostSupervisor, reason: string): void {
  const codes = { asking: closeCodes.hostAsking, stopped: closeCodes.hostAsking } as const;
  const { state } = supervisor.state;
  const code = state === 'asking' || state === 'stopped' ? codes[state] : closeCodes.hostRestarting;
  socket.close(code, shorten(reason));
}

/** A close reason may have 123 bytes. */
function shorten(reason: string): string {
  const bytes = Buffer.from(reason);
  return bytes.length <= 123
    ? reason
    : `${bytes
        .subarray(0, 119)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')}…`;
}
