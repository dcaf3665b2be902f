import { decode, encode } from '@msgpack/msgpack';
import type { Channel } from '../../../shared/rpc';

/** One MessagePack message for each binary frame. The socket must be open already. */
export function channelOverWebSocket(socket: WebSocket, describeClose: (event: CloseEvent) => string): Channel {
  socket.binaryType = 'arraybuffer';
  return {
    // Optional arguments that were left out must not arrive as null.
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encode(message, { ignoreUndefined: true }));
    },
    onMessage: (listener) => {
      socket.addEventListener('message', (event: MessageEvent<unknown>) => {
        if (event.data instanceof ArrayBuffer) listener(decode(new Uint8Array(event.data)));
      });
    },
    onClose: (listener) => socket.addEventListener('close', (event) => listener(describeClose(event)), { once: true }),
    close: () => socket.close(1000),
  };
}
